/** The label that marks what we sent through Alertmanager ourselves: it comes back to the intake and is no news. */
export const NOTICE_LABEL = "observatory_notice"
/** The label, `true`, that marks an alert which always fires: its delivery says that the way to us works. */
export const HEARTBEAT_LABEL = "heartbeat"
