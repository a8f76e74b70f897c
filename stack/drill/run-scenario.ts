import { setTimeout as sleep } from "node:timers/promises"
import { messageOf } from "../../core/lib/errors.ts"
import { type Assessment, assess, type IncidentTimes } from "./assess/assess.ts"
import type { ListedIncident } from "./assess/balance.ts"
import type { Promises } from "./promises.ts"
import type { Expected, Fault, Quiet, Scenario, World } from "./scenario.ts"

/** What became of one drill. */
export interface Outcome {
	readonly name: string
	readonly kind: Scenario["kind"]
	readonly about: string
	readonly startedAt: number
	readonly endedAt: number
	readonly assessments: readonly (Assessment & { readonly incident: number | undefined })[]
	readonly failures: readonly string[]
}

export interface Tools {
	readonly world: World
	readonly promises: Promises
	readonly say: (text: string) => void
	readonly now: () => number
}

const LOOK_EVERY_MS = 2_000
/** How much longer than promised a notification is awaited, so that the report can say how late it was. */
const LATE_BY_MS = 120_000
/** Repair, scrape, evaluation, an alert's own wait, Alertmanager's interval, and up to ten minutes that a condition looks back. */
const RESOLVED_WITHIN_MS = 15 * 60_000
const REMEDIATED_WITHIN_MS = 8 * 60_000

/** Runs one drill from the fault to the end of its incidents. */
export async function runScenario(scenario: Scenario, tools: Tools): Promise<Outcome> {
	const { say, now } = tools
	const startedAt = now()
	say(`${scenario.name}: ${scenario.kind === "fault" ? "breaks" : "starts, no one may be paged"}`)
	const { assessments, failures } = await (scenario.kind === "fault"
		? runFault(scenario, tools)
		: runQuiet(scenario, tools)
	).catch((error: unknown) => {
		if (tools.world.signal.aborted) throw error
		return { assessments: [], failures: [`the drill itself failed: ${messageOf(error)}`] }
	})
	const checked = (await scenario.check?.(tools.world).catch((error: unknown) => [messageOf(error)])) ?? []
	const all = [
		...assessments.flatMap(({ alert, failures }) => failures.map((text) => `${alert}: ${text}`)),
		...failures,
		...checked,
	]
	say(`${scenario.name}: ${all.length === 0 ? "passed" : `FAILED: ${all.join("; ")}`}`)
	const { name, kind, about } = scenario
	return { name, kind, about, startedAt, endedAt: now(), assessments, failures: [...failures, ...checked] }
}

type Part = Pick<Outcome, "assessments" | "failures">

async function runQuiet({ run, watchMs }: Quiet, { world }: Tools): Promise<Part> {
	await run(world)
	await world.sleep(watchMs)
	return { assessments: [], failures: [] }
}

async function runFault(scenario: Fault, tools: Tools): Promise<Part> {
	const { world, now, say } = tools
	const before = (await world.webhook.incidentsAfter(0)).at(-1)?.id ?? 0
	const calledAt = now()
	const undos: (() => unknown)[] = []
	const undo = async () => {
		for (const step of undos.splice(0).reverse()) await step()
	}
	try {
		const faultAt = (await scenario.inject(world, (step) => void undos.push(step)))?.getTime() ?? calledAt
		const found = new Map<Expected, ListedIncident | undefined>()
		await Promise.all(
			scenario.expects.map(async (expected) => {
				const incident = await notified(expected, { after: before, faultAt }, tools)
				found.set(expected, incident)
				say(`${scenario.name}: ${expected.alert} ${incident === undefined ? "did not arrive" : "notified"}`)
			}),
		)
		const isRepaired = scenario.repair !== undefined || undos.length > 0
		await scenario.repair?.(world)
		await undo()
		const repairedAt = isRepaired ? now() : undefined
		const assessments = await Promise.all(
			scenario.expects.map(async (expected) => {
				const incident = found.get(expected)
				const times = incident && (await ended(incident.id, expected, tools))
				const observation = {
					alert: expected.alert,
					faultAt,
					repairedAt,
					promisedMs: promiseOf(expected, tools.promises),
					remediation: expected.remediation,
					lasts: expected.lasts ?? false,
					incident: times,
				}
				return { ...assess(observation), incident: incident?.id }
			}),
		)
		return { assessments, failures: [] }
	} finally {
		await undo()
		await scenario.restore?.(world)
	}
}

export const promiseOf = ({ alert, severity, promisedMs }: Expected, promises: Promises): number => {
	const ms = promisedMs ?? promises.get(severity === undefined ? alert : `${alert}/${severity}`)
	if (ms === undefined) throw new TypeError(`${alert} is no alert of prometheus/alerts.yaml`)
	return ms
}

const matches = (expected: Expected, { alertname, severity, labels }: ListedIncident) =>
	alertname === expected.alert &&
	(expected.severity === undefined || severity === expected.severity) &&
	Object.entries(expected.labels ?? {}).every(([name, value]) => labels[name] === value)

/** Waits until a channel has accepted the alert, or for too long; the incident, if there is one. */
async function notified(
	expected: Expected,
	{ after, faultAt }: { readonly after: number; readonly faultAt: number },
	tools: Tools,
): Promise<ListedIncident | undefined> {
	const { world, now, promises } = tools
	const until = faultAt + promiseOf(expected, promises) + LATE_BY_MS
	let incident: ListedIncident | undefined
	while (now() < until) {
		await patiently(tools, async () => {
			incident ??= (await world.webhook.incidentsAfter(after)).find((one) => matches(expected, one))
		})
		if (incident !== undefined) {
			const { id } = incident
			const times = await patiently(tools, () => world.webhook.times(id))
			if (times?.notifiedAt !== undefined) return incident
		}
		await sleep(LOOK_EVERY_MS, undefined, { signal: world.signal })
	}
	return incident
}

/** Waits until the incident is resolved and its remediation has ended, or for too long. */
async function ended(id: number, { remediation, lasts }: Expected, tools: Tools): Promise<IncidentTimes> {
	const { world, now } = tools
	const until = now() + (remediation === "succeeded" ? REMEDIATED_WITHIN_MS : 0) + (lasts ? 0 : RESOLVED_WITHIN_MS)
	for (;;) {
		const times = await patiently(tools, () => world.webhook.times(id))
		const isRemediated =
			remediation === undefined || ["succeeded", "failed", "shadowed", "withheld"].includes(times?.remediation ?? "")
		const isDone = isRemediated && (lasts || times?.resolvedAt !== undefined)
		if (times && (isDone || now() >= until)) return times
		await sleep(LOOK_EVERY_MS, undefined, { signal: world.signal })
	}
}

/** What is being drilled may not answer. */
async function patiently<T>({ world }: Tools, ask: () => Promise<T>): Promise<T | undefined> {
	try {
		return await ask()
	} catch (error) {
		if (world.signal.aborted) throw error
		return undefined
	}
}
