/** Addresses of the boards, in one place so that they can link to each other without importing each other. */
export const EXECUTIVE = "executive-dashboard"
export const SAFETY = "safety-overview"
export const OPERATIONS = "operations-dashboard"
export const ALERTS = "alert-management"
export const RESPONSE = "incident-response"
export const SYSTEM = "system-health"
export const TECHNICAL = "technical-dashboard"
export const SECURITY = "security-overview"
