import { atMost, counter, gauge, oneOf, subject } from "../define.ts"

/** Every action that an alert may name as its remediation, with its effect; docs/remediations.md lists them. */
export const ACTION_HELP = {
	restartWorker:
		"Restarts the worker that the alert's `worker` (or `process`, or `instance`) label names. Succeeds when a collector sees it alive.",
	reconnectMcpServer:
		"Restarts the MCP server of the alert's `server` label. Succeeds when the prober sees it connected.",
	pauseAutonomousSessions: "Sets sessions to `paused` until a person resumes them.",
	emergencyStop:
		"Closes the gate, sets sessions to `emergency_stopped`, disables the GitHub workflow and sends a critical page.",
} as const

const remediation = oneOf(...(Object.keys(ACTION_HELP) as (keyof typeof ACTION_HELP)[]))

export const remediations = counter({
	name: "observatory_remediations_total",
	group: "observatory",
	quantity: "count",
	help: "Remediations by outcome: succeeded only when the target is healthy and, unless the action only contains, the alert's own expression cleared; shadowed, withheld, refused and expired ones did nothing.",
	labels: {
		action: remediation,
		outcome: oneOf("succeeded", "failed", "shadowed", "withheld", "refused", "expired"),
	},
	emitter: "webhook",
	essential: true,
})

export const remediationsWithheld = counter({
	name: "observatory_remediations_withheld_total",
	group: "observatory",
	quantity: "count",
	help: "Withheld remediations, by the guard rail.",
	labels: {
		action: remediation,
		reason: oneOf(
			"incident_ended",
			"no_target",
			"not_compiled",
			"not_firing",
			"objection",
			"automation_paused",
			"maintenance",
			"shadow_mode",
			"busy",
			"circuit_open",
			"cooldown",
			"hourly_cap",
			"daily_cap",
			"blast_radius",
		),
	},
	emitter: "webhook",
})

export const controlState = gauge({
	name: "observatory_control_state",
	group: "observatory",
	quantity: "state",
	help: "What autonomous sessions may do right now, as a state set: run, pause, or stop from an emergency stop to its release.",
	labels: { state: oneOf("run", "pause", "stop") },
	emitter: "webhook",
	essential: true,
})

export const gateSelfTestLastSuccess = gauge({
	name: "observatory_gate_self_test_last_success_timestamp_seconds",
	group: "observatory",
	quantity: "timestamp",
	help: "When the gate last proved on this host that it denies tool calls when it must, in seconds since the epoch; 0 before the first time.",
	labels: {},
	emitter: "webhook",
	essential: true,
})

export const stoppableRatio = gauge({
	name: "autonomous_stoppable_ratio",
	group: "autonomous",
	quantity: "ratio",
	help: "Share of the hosts and sessions that are seen whose gate answered the webhook's challenge, from 0 to 1; 1 when none is seen. Absent where no gate is challenged. The console lists those outside it.",
	labels: {},
	emitter: "webhook",
})

export const unstoppable = gauge({
	name: "autonomous_unstoppable",
	group: "autonomous",
	quantity: "state",
	help: "1 for each host and session that is seen and has not answered the webhook's challenge, and for each source of sessions that cannot be read; at most 50. The console has the reasons.",
	labels: { kind: oneOf("host", "session", "source"), id: atMost(200, "the host's name, or the session's id") },
	emitter: "webhook",
})

export const stopSignals = counter({
	name: "observatory_stop_signals_total",
	group: "observatory",
	quantity: "count",
	help: "Signals that emergency stops have sent to processes of sessions and to what these had started: asked (SIGINT), terminated, killed. Counts only where `processes` is in BRAKES_CONFIG.",
	labels: { signal: oneOf("SIGINT", "SIGTERM", "SIGKILL") },
	emitter: "webhook",
})

export const brakesByState = gauge({
	name: "observatory_brakes",
	group: "observatory",
	quantity: "count",
	help: "Brakes at the model's side, by state: open has the limit of its owner, closed is zero, changing is neither yet.",
	labels: { state: oneOf("open", "changing", "closed") },
	emitter: "webhook",
})

export const controlPending = gauge({
	name: "observatory_control_pending",
	group: "observatory",
	quantity: "count",
	help: "Targets to which the control state is not applied yet, by kind. The console names each with the reason.",
	labels: { target: oneOf("sessions", "workflow", "brakes", "processes") },
	emitter: "webhook",
})

export default subject({
	title: "Remediation and the stop",
	series: [
		remediations,
		remediationsWithheld,
		controlState,
		gateSelfTestLastSuccess,
		stoppableRatio,
		unstoppable,
		stopSignals,
		brakesByState,
		controlPending,
	],
	recordings: [],
	paths: [],
})
