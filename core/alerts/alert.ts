import { parseDuration } from "../lib/config.ts"
import { checkCondition } from "./check/condition.ts"
import type { Context } from "./check/context.ts"
import { componentOf, isComponentDown } from "./component.ts"
import { clauses } from "./condition/clauses.ts"
import { SyntaxProblem } from "./condition/lexer.ts"
import { parseCondition } from "./condition/parser.ts"
import type { Alert, Condition, Trigger, Volume } from "./model.ts"
import type { Parameters } from "./parameters.ts"
import { inspectPromql } from "./promql.ts"
import type { Report, Source, Span } from "./source.ts"
import type { WrittenAlert } from "./syntax/document.ts"
import { pathsOf } from "./timing.ts"

/** What reading an alert needs from the file around it. */
export interface AlertContext {
	readonly source: Source
	readonly parameters: Parameters
	readonly usedParameters: Set<string>
	readonly report: Report
}

/** A written alert, understood; undefined when its condition is not, which has been reported. */
export function readAlert(written: WrittenAlert, context: AlertContext): Alert | undefined {
	const { entry, severity } = written
	const trigger = readTrigger(written, context)
	if (!trigger) return undefined
	const condition = trigger.kind === "condition" ? trigger.condition : undefined
	return {
		name: written.label,
		severity,
		trigger,
		forMs: parseDuration(entry.duration ?? "") ?? 0,
		keepFiringMs: parseDuration(entry.keep_firing_for ?? "") ?? 0,
		channels: [...new Set(entry.channels ?? [])],
		heartbeat: entry.heartbeat ?? false,
		summary: entry.summary,
		description: entry.description,
		runbook: entry.runbook,
		owner: entry.owner,
		component: entry.component ?? (condition && componentOf(condition)),
		role: condition && isComponentDown(condition) ? "cause" : undefined,
		remediation: entry.remediation,
		escalation: entry.escalation,
		volumes: readVolumes(written, condition, context.report),
		detectionBudgetMs: entry.detection_budget === undefined ? undefined : parseDuration(entry.detection_budget),
		silences: entry.silences ?? [],
		symptomOf: entry.symptom_of ?? [],
		fixedLabels: condition ? fixedLabels(condition) : {},
		position: context.source.position(written.spanOf("name")),
	}
}

function readTrigger(written: WrittenAlert, context: AlertContext): Trigger | undefined {
	const { entry, span, unfit } = written
	const { report } = context
	const condition = entry.condition === undefined ? undefined : readCondition(entry.condition, written, context)
	const expr = entry.expr === undefined ? undefined : readExpr(entry.expr, written, context)
	if (entry.condition !== undefined && entry.expr !== undefined) {
		report(written.spanOf("expr"), {
			id: "invalid-field",
			severity: "error",
			message: `${written.label} has both a condition and an expr`,
			hint: "keep one of them",
		})
		return undefined
	}
	if (entry.condition !== undefined || entry.expr !== undefined) return condition ?? expr
	if (unfit.has("condition") || unfit.has("expr")) return undefined
	report(span, {
		id: "missing-field",
		severity: "error",
		message: `${written.label} says nowhere when it fires`,
		expected: "a field condition, or expr for PromQL",
	})
	return undefined
}

function readCondition(
	text: string,
	written: WrittenAlert,
	{ parameters, usedParameters, report }: AlertContext,
): Trigger | undefined {
	const check = (part: string, offset: number): Condition | Span | undefined => {
		const error: Context["error"] = ({ start, end }, id, message, more = {}) => {
			const span = written.spanInside("condition", text, { start: start + offset, end: end + offset })
			report(span, { id, severity: "error", message, ...defined(more) })
			return undefined
		}
		try {
			const ast = parseCondition(part)
			return checkCondition(ast, { parameters, usedParameters, quantifier: undefined, error })
		} catch (problem) {
			if (!(problem instanceof SyntaxProblem)) throw problem
			error(problem.span, problem.id, problem.message, problem)
			return problem.span
		}
	}
	const read = check(text, 0)
	if (!read) return undefined
	if (!("start" in read)) return { kind: "condition", text, condition: read }
	for (const { start, end } of clauses(text))
		if (read.end <= start || read.start > end) check(text.slice(start, end), start)
	return undefined
}

function readExpr(text: string, written: WrittenAlert, { report }: AlertContext): Trigger | undefined {
	const { series, problems } = inspectPromql(text)
	for (const { span, hint, ...problem } of problems)
		report(written.spanInside("expr", text, span), { severity: "error", ...problem, ...defined({ hint }) })
	return problems.length > 0 ? undefined : { kind: "promql", text, series }
}

function readVolumes(
	{ entry, label, spanOf }: WrittenAlert,
	condition: Condition | undefined,
	report: Report,
): Volume[] {
	const atLeast = entry.minimum_volume
	if (atLeast === undefined) return []
	const paths = condition
		? pathsOf(condition).flatMap(({ path, use }) => (use === "value" && path.spec.volume ? [path] : []))
		: []
	if (paths.length === 0) {
		report(spanOf("minimum_volume"), {
			id: "no-volume",
			severity: "error",
			message: `no path of ${label} is a ratio whose observations are counted`,
			hint: "put a second condition on a count behind &&",
		})
	}
	const distinct = new Map(paths.map((path) => [path.text, path]))
	return [...distinct.values()].map((path) => ({ path, atLeast }))
}

/** Labels that the condition's paths fix; one that differs between paths is left out. */
function fixedLabels(condition: Condition): Readonly<Record<string, string>> {
	const values = new Map<string, Set<string>>()
	for (const { path } of pathsOf(condition)) {
		const label = path.spec.wildcard
		if (label === undefined || !path.wildcardValue) continue
		values.set(
			label,
			(values.get(label) ?? new Set()).add("value" in path.wildcardValue ? `=${path.wildcardValue.value}` : "*"),
		)
	}
	return Object.fromEntries(
		[...values].flatMap(([label, set]) =>
			set.size === 1 && !set.has("*") ? [[label, [...set].join("").slice(1)]] : [],
		),
	)
}

/** Only the properties that have a value. */
function defined(more: { expected?: string | undefined; hint?: string | undefined }): {
	expected?: string
	hint?: string
} {
	return {
		...(more.expected === undefined ? {} : { expected: more.expected }),
		...(more.hint === undefined ? {} : { hint: more.hint }),
	}
}
