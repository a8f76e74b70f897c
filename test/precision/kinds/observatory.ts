import { type Kind, MINUTE, STEP, type World } from "../world.ts"
import { VIEWS } from "./health.ts"

/** Collectors that are not of the contract. */
export const COLLECTORS = ["database", "health", "workers", "transcripts", "github"] as const
export const INTEGRATIONS = ["slack", "pagerduty", "webhook"] as const
export const RULE_GROUPS = ["sessions", "alerts-critical"] as const

interface Span {
	readonly name: string
	readonly level: string
	readonly minutes: readonly [number, number]
	readonly value: number | ((world: World) => number)
	/** The alert that has to fire; none for an innocent disturbance. */
	readonly alert?: string
	readonly labels?: Readonly<Record<string, string>>
	/** Its symptoms. */
	readonly permits?: readonly string[]
}

const span = ({ name, level, minutes, value, alert, labels, permits = [] }: Span): Kind => ({
	name,
	subject: level,
	play(world, at) {
		const end = at + world.lasting(...minutes)
		world.set(level, at, end, typeof value === "number" ? value : value(world))
		if (alert !== undefined) world.expect(alert, at, end, labels)
		for (const symptom of permits) world.permit(symptom, at, end)
		return end
	},
})

/** A clock that stays at its last success; `value` of the level is the time of that. */
const frozen = (name: string, level: string, minutes: readonly [number, number], alert?: string): Kind => ({
	name,
	subject: level,
	play(world, at) {
		const end = at + world.lasting(...minutes)
		world.set(level, at, end, at)
		if (alert !== undefined) world.expect(alert, at, end)
		return end
	},
})

const failing = (minutes: readonly [number, number], alert: boolean): Kind => ({
	name: alert ? "a channel refuses notifications" : "a channel refuses notifications for a moment",
	subject: "notifications",
	play(world, at) {
		const integration = world.random.pick(INTEGRATIONS)
		const end = at + world.lasting(...minutes)
		for (let time = at; time < end; time += 2 * STEP) world.happen(`notifications.${integration}`, time)
		if (alert) world.expect("notifications_failing", at, end, { integration })
		return end
	},
})

const rulesFail = (minutes: readonly [number, number], alert: boolean): Kind => ({
	name: alert ? "a rule cannot be evaluated" : "a rule fails while Prometheus reloads",
	subject: "rules",
	play(world, at) {
		const rule_group = world.random.pick(RULE_GROUPS)
		const end = at + world.lasting(...minutes)
		for (let time = at; time < end; time += STEP) world.happen(`rules.${rule_group}`, time)
		if (alert) world.expect("rule_evaluation_failing", at, end, { rule_group })
		return end
	},
})

const viewsFail: Kind = {
	name: "views of the contract cannot be read",
	subject: "database",
	play(world, at) {
		const end = at + world.lasting(5, 20)
		const first = world.random.int(0, 5)
		for (const view of VIEWS.slice(first, first + 4)) world.set(`collector.${view}`, at, end, 0)
		world.expect("contract_unreadable", at, end)
		return end
	},
}

const collectorFails = (minutes: readonly [number, number], alert: boolean): Kind => ({
	name: alert ? "a collector fails" : "a collector fails once or twice",
	subject: "collectors",
	play(world, at) {
		const collector = world.random.pick(COLLECTORS)
		const end = at + world.lasting(...minutes)
		world.set(`collector.${collector}`, at, end, 0)
		if (alert) world.expect("collector_failed", at, end, { collector })
		return end
	},
})

const happens = (name: string, event: string, alert: string, count: number): Kind => ({
	name,
	subject: event,
	play(world, at) {
		world.happen(event, at, count)
		world.expect(alert, at, at + MINUTE)
		return at + MINUTE
	},
})

/** Spans come faster than PostgreSQL stores them. */
const storeOverflows: Kind = {
	name: "stored telemetry is lost",
	subject: "store",
	play(world, at) {
		const end = at + world.lasting(10, 40)
		for (let time = at; time < end; time += 2 * STEP) world.happen("store.lost.span", time, world.random.int(1, 2_000))
		world.expect("telemetry_not_stored", at, end, { signal: "span" })
		return end
	},
}

export const OBSERVATORY_INCIDENTS: readonly Kind[] = [
	span({ name: "the exporters are down", level: "up.exporters", minutes: [3, 15], value: 0, alert: "exporter_down" }),
	span({
		name: "the webhook is down",
		level: "up.webhook",
		minutes: [3, 15],
		value: 0,
		alert: "webhook_down",
		permits: ["heartbeat_lost", "gate_unproven"],
	}),
	frozen("heartbeats are lost", "heartbeat", [8, 25], "heartbeat_lost"),
	frozen("the gate fails its self-test", "gate", [7, 25], "gate_unproven"),
	span({
		name: "pages are not accepted",
		level: "pages.unsent",
		minutes: [5, 30],
		value: ({ random }) => random.int(1, 9),
		alert: "pages_unsent",
	}),
	span({ name: "a silence of pages", level: "pages.silences", minutes: [5, 60], value: 1, alert: "pages_silenced" }),
	span({
		name: "a host does not answer the gate's challenge",
		level: "stoppable",
		minutes: [2, 30],
		value: ({ random }) => random.between(0.4, 0.95),
		alert: "stop_incomplete",
	}),
	span({
		name: "the audit log was changed",
		level: "audit.chain",
		minutes: [10, 60],
		value: 1,
		alert: "audit_log_changed",
		labels: { kind: "chain" },
	}),
	happens("an escalation is late", "escalation.late", "escalations_late", 1),
	span({
		name: "telemetry is silent",
		level: "usage.silent",
		minutes: [5, 30],
		value: ({ random }) => random.int(1, 4),
		alert: "usage_source_silent",
		labels: { source: "telemetry" },
	}),
	span({
		name: "exports of usage are lost",
		level: "usage.missing",
		minutes: [45, 120],
		value: ({ random }) => random.int(50_000, 400_000),
		alert: "usage_differs",
		labels: { source: "telemetry" },
	}),
	span({
		name: "the organisation's report lacks tokens",
		level: "organisation.missing",
		minutes: [90, 180],
		value: ({ random }) => random.int(90_000, 400_000),
		alert: "organisation_usage_differs",
	}),
	happens("more values than a label may have", "label.folded", "label_values_folded", 5),
	happens("stored telemetry reaches its limit of bytes", "store.size.log_record", "telemetry_store_full", 1),
	storeOverflows,
	viewsFail,
	collectorFails([4, 30], true),
	failing([10, 30], true),
	rulesFail([5, 20], true),
]

export const OBSERVATORY_DISTURBANCES: readonly Kind[] = [
	span({ name: "the exporters restart", level: "up.exporters", minutes: [0.25, 0.75], value: 0 }),
	span({ name: "one scrape is lost", level: "up.exporters", minutes: [0.25, 0.25], value: 0 }),
	span({ name: "the webhook restarts", level: "up.webhook", minutes: [0.25, 0.75], value: 0 }),
	frozen("one heartbeat is late", "heartbeat", [1.5, 2.5]),
	frozen("one self-test of the gate is missed", "gate", [1.5, 2.5]),
	span({ name: "a page waits for Alertmanager's restart", level: "pages.unsent", minutes: [0.25, 1.5], value: 2 }),
	span({ name: "a session that just started has not answered", level: "stoppable", minutes: [0.25, 0.25], value: 0.8 }),
	span({ name: "telemetry pauses", level: "usage.silent", minutes: [0.5, 1.5], value: 1 }),
	span({ name: "exports of usage are late", level: "usage.missing", minutes: [5, 25], value: 60_000 }),
	span({ name: "the organisation's report is late", level: "organisation.missing", minutes: [10, 50], value: 100_000 }),
	{
		name: "the oldest stored telemetry expires",
		subject: "store.age",
		play(world, at) {
			world.happen("store.age.span", at)
			return at + MINUTE
		},
	},
	collectorFails([0.25, 1.5], false),
	failing([0.25, 1.5], false),
	rulesFail([0.25, 0.25], false),
]
