import { inspectPromql } from "../../../core/alerts/promql.ts"
import { worstDetection } from "../../../core/alerts/timing.ts"
import { incidentPromisesBroken } from "../../../core/catalogue/subjects/incidents.ts"
import type { AlertRule } from "../../../core/clients/prometheus.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { Tally } from "../../../core/metrics/durable.ts"
import type { Context } from "../../context.ts"
import type { Onset } from "../../domain/clock/onset.ts"
import { brokenPromises } from "../../domain/clock/promises.ts"
import { severityOf } from "../../domain/severity.ts"
import {
	closeClocks,
	type Delivery,
	type RunningClock,
	runningClocks,
	saveDeliveries,
} from "../../store/clocks/deliveries.ts"
import { saveOnsets, withoutOnset } from "../../store/clocks/onsets.ts"
import { keepCounted } from "../../store/counters/counted.ts"
import type { Incident } from "../../store/incidents/list.ts"
import { channelsOf } from "../../store/pages/channels.ts"
import { record } from "../../store/record.ts"
import { readDeliveries } from "./read-deliveries.ts"
import { type Ask, askOnce, readOnset } from "./read-onset.ts"

/** Incidents of one round, so that a storm does not overload Prometheus. */
const AT_ONCE = 500
/** No delivery is expected after this; of a resolved incident, after the shorter time. */
const DELIVERED_WITHIN_MS = 15 * 60_000
const RESOLVED_WITHIN_MS = 2 * 60_000

/**
 * Measures the clocks of incidents: the onset of new ones, and for each the acceptance by its channels. A clock closes
 * when every delivery is known or none is expected any more; then each of its steps is compared with what the compiled
 * alert promises. Any replica may do it; nothing is stored twice.
 */
export async function measureClocks(ctx: Context): Promise<void> {
	const rules = await loadedRules(ctx)
	await measureOnsets(ctx, rules)
	await measureDeliveries(ctx, rules)
}

/** The loaded alerts; undefined while Prometheus does not answer. */
async function loadedRules({ clients, log }: Context): Promise<readonly AlertRule[] | undefined> {
	try {
		return await clients.prometheus.alertRules()
	} catch (error) {
		log.debug({ problem: messageOf(error) }, "cannot read the alerts from Prometheus for the incidents' clocks")
		return undefined
	}
}

const ruleOf = (rules: readonly AlertRule[] | undefined, { alertname, severity }: Incident) => {
	const named = (rules ?? []).filter(({ name }) => name === alertname)
	return named.find(({ labels }) => labels.severity === severity) ?? named[0]
}

async function measureOnsets(ctx: Context, rules: readonly AlertRule[] | undefined): Promise<void> {
	const ask = askOnce(ctx.clients.prometheus)
	const onsets = new Map<number, Onset>()
	let answers = rules !== undefined
	for (const incident of await withoutOnset(ctx, AT_ONCE)) {
		const onset = answers ? await tryOnset(ctx, ask, incident, ruleOf(rules, incident)) : undefined
		// One failure ends the questions of the round: each further question may wait for the time limit again.
		answers &&= onset !== undefined
		if (onset) onsets.set(incident.id, onset)
		// While it fires there is time to ask again.
		else if (incident.status === "resolved") onsets.set(incident.id, unknownOnset(incident))
	}
	await ctx.db.transaction((tx) => saveOnsets(tx, onsets))
}

const unknownOnset = ({ startsAt }: Incident): Onset => ({
	at: startsAt.getTime(),
	certainty: "bounded",
	from: "alert",
	pendingAt: undefined,
})

async function tryOnset(
	{ clock, log }: Context,
	ask: Ask,
	incident: Incident,
	rule: AlertRule | undefined,
): Promise<Onset | undefined> {
	try {
		return await readOnset(ask, incident, rule, clock.now())
	} catch (error) {
		if (!(error instanceof ObservatoryError)) throw error
		log.debug({ incident: incident.id, problem: messageOf(error) }, "cannot read an incident's onset from Prometheus")
		return undefined
	}
}

async function measureDeliveries(ctx: Context, rules: readonly AlertRule[] | undefined): Promise<void> {
	const running = await runningClocks(ctx, AT_ONCE)
	if (running.length === 0) return
	const now = ctx.clock.now()
	let found: readonly Delivery[] = []
	try {
		found = await readDeliveries(ctx, running)
	} catch (error) {
		if (!(error instanceof ObservatoryError)) throw error
		ctx.log.debug({ problem: messageOf(error) }, "cannot read which channels accepted alerts")
	}
	await ctx.db.transaction(async (tx) => {
		await saveDeliveries(tx, found)
		const complete = running
			.map((one) => ({
				...one,
				deliveries: [...one.deliveries, ...found.filter(({ incidentId }) => incidentId === one.incident.id)],
			}))
			.filter((one) => isComplete(one, now))
		const closed = new Set(
			await closeClocks(
				tx,
				complete.map(({ incident }) => incident.id),
				new Date(now),
			),
		)
		const broken = complete
			.filter(({ incident }) => closed.has(incident.id))
			.flatMap((one) => breaches(one, ruleOf(rules, one.incident)))
		const tally = new Tally()
		for (const { incident, step } of broken)
			tally.count(incidentPromisesBroken, { alertname: incident.alertname, step })
		await keepCounted(tx, tally)
		await record(
			tx,
			broken.map(({ incident, at, step, tookMs, promisedMs }) => ({
				incidentId: incident.id,
				event: { kind: "promise_broken", step, tookMs, promisedMs },
				at: new Date(at),
			})),
		)
	})
}

interface Deliveries extends Pick<RunningClock, "incident" | "clock"> {
	readonly deliveries: readonly Pick<Delivery, "channel" | "acceptedAt">[]
}

function isComplete({ incident, deliveries }: Deliveries, now: number): boolean {
	const age = now - incident.receivedAt.getTime()
	const channels = channelsOf(incident)
	const isResolved = incident.status === "resolved"
	if (age > DELIVERED_WITHIN_MS) return true
	if (channels.length === 0) return deliveries.length > 0 || isResolved
	if (channels.every((name) => deliveries.some(({ channel }) => channel === name))) return true
	return isResolved && age > RESOLVED_WITHIN_MS
}

/** A bounded onset promises nothing: we were not watching. */
function breaches({ incident, clock, deliveries }: Deliveries, rule: AlertRule | undefined) {
	if (clock.onset === "bounded" || rule === undefined) return []
	const { query: text, duration } = rule
	const severity = severityOf(incident.severity)
	const { series } = inspectPromql(text)
	const delays = worstDetection(
		{ kind: "promql", text, series },
		duration * 1000,
		severity === "other" ? "warning" : severity,
	)
	const accepted = deliveries.map(({ acceptedAt }) => acceptedAt.getTime())
	const times = {
		onsetAt: clock.onsetAt.getTime(),
		pendingAt: clock.pendingAt?.getTime(),
		firedAt: incident.startsAt.getTime(),
		notifiedAt: accepted.length === 0 ? undefined : Math.min(...accepted),
	}
	return brokenPromises(times, delays).map((one) => ({ ...one, incident }))
}
