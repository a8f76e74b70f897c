/** The label that marks what we sent through Alertmanager ourselves: it comes back to the intake and is no news. */
export const NOTICE_LABEL = "observatory_notice"
