"""The number pages: KGI・KPI, rows, NRR, cohorts, LTV, 月次締め."""
