"""Forms of the desk. They read and type what was sent; the action checks and writes."""

from banso_web.desk.forms.account import AccountForm, NewAccountForm
from banso_web.desk.forms.contracts import CancelEndForm, ContractForm, EndForm, MissingForm, NewContractForm
from banso_web.desk.forms.deeds import ConfirmForm
from banso_web.desk.forms.movements import MovementForm
from banso_web.desk.forms.people import ContactForm, DepartmentForm, PresenceForm
from banso_web.desk.forms.touches import TouchForm

__all__ = [
    "AccountForm",
    "CancelEndForm",
    "ConfirmForm",
    "ContactForm",
    "ContractForm",
    "DepartmentForm",
    "EndForm",
    "MissingForm",
    "MovementForm",
    "NewAccountForm",
    "NewContractForm",
    "PresenceForm",
    "TouchForm",
]
