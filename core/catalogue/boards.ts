/** Uids of the Grafana boards: what Grafana is given, boards link to and notifications name. */
export const EXECUTIVE = "executive-dashboard"
export const SAFETY = "safety-overview"
export const OPERATIONS = "operations-dashboard"
export const ALERTS = "alert-management"
export const RESPONSE = "incident-response"
export const SYSTEM = "system-health"
export const TECHNICAL = "technical-dashboard"
export const SECURITY = "security-overview"
