"""Japanese names and text: 法人番号, company names, 五十音順, search keys, honorifics, CSV cells."""

from banso.names.company import (
    Company,
    LookAlike,
    NameWarning,
    Position,
    company,
    core_key,
    look_alike_key,
    small_kana_key,
)
from banso.names.corporate import CorporateNumber, NumberReason, check_digit, corporate_number
from banso.names.files import LostCharacter, cp932_bytes, cp932_unrepresentable, csv_plain, csv_safe
from banso.names.honorifics import addressee, own_staff
from banso.names.kana import list_key, sort_key
from banso.names.matching import Candidate, MatchReason, Verdict, same_company_candidates
from banso.names.text import bigrams, fold_width, search_key, to_katakana

__all__ = [
    "Candidate",
    "Company",
    "CorporateNumber",
    "LookAlike",
    "LostCharacter",
    "MatchReason",
    "NameWarning",
    "NumberReason",
    "Position",
    "Verdict",
    "addressee",
    "bigrams",
    "check_digit",
    "company",
    "core_key",
    "corporate_number",
    "cp932_bytes",
    "cp932_unrepresentable",
    "csv_plain",
    "csv_safe",
    "fold_width",
    "list_key",
    "look_alike_key",
    "own_staff",
    "same_company_candidates",
    "search_key",
    "small_kana_key",
    "sort_key",
    "to_katakana",
]
