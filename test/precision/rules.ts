import { readFileSync } from "node:fs"
import path from "node:path"
import { parse } from "yaml"
import { parseDuration } from "../../core/lib/config.ts"

/** An alerting rule, with its durations in seconds. */
export interface Alerting {
	readonly alert: string
	readonly expr: string
	readonly forSeconds: number
	readonly keepSeconds: number
	readonly labels: Readonly<Record<string, string>>
}

interface Recording {
	readonly record: string
	readonly expr: string
	/** Seconds between evaluations. */
	readonly interval: number
}

interface RuleFile {
	readonly groups: readonly {
		readonly interval: string
		readonly rules: readonly {
			readonly alert?: string
			readonly record?: string
			readonly expr: string
			readonly for?: string
			readonly keep_firing_for?: string
			readonly labels?: Readonly<Record<string, string>>
		}[]
	}[]
}

export const RULES = path.resolve(import.meta.dirname, "../../prometheus/rules")

const seconds = (text: string | undefined) => (text === undefined ? 0 : (parseDuration(text) ?? 0) / 1_000)
const groups = (file: string) => (parse(readFileSync(path.join(RULES, file), "utf8")) as RuleFile).groups

/** The shipped alerts, without the heartbeat, which fires always. */
export const alertingRules = (): Alerting[] =>
	groups("alerts.yml")
		.flatMap(({ rules }) => rules)
		.filter(({ labels }) => labels?.heartbeat === undefined)
		.map((rule) => ({
			alert: rule.alert ?? "",
			expr: rule.expr,
			forSeconds: seconds(rule.for),
			keepSeconds: seconds(rule.keep_firing_for),
			labels: rule.labels ?? {},
		}))

/**
 * The recording rules that some expressions read. One that reads another has that one's expression instead of its name,
 * which is the same at the same time, so that all can be evaluated at once.
 */
export function recordingsFor(expressions: readonly string[]): Recording[] {
	const all = new Map(
		groups("recordings.yml").flatMap(({ interval, rules }) =>
			rules.map(({ record = "", expr }) => [record, { record, expr, interval: seconds(interval) }] as const),
		),
	)
	const inlined = (expr: string): string =>
		expr.replace(NAME, (name) => {
			const recording = all.get(name)
			return recording ? `(${inlined(recording.expr)})` : name
		})
	const read = new Set(expressions.flatMap((expr) => [...expr.matchAll(NAME)].map(([name]) => name)))
	return [...all.values()].flatMap((rule) => (read.has(rule.record) ? [{ ...rule, expr: inlined(rule.expr) }] : []))
}

const NAME = /[a-zA-Z_:][\w:]*/g
