import type { Span } from "../../core/alerts/source.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { whenMissing } from "./absence.ts"
import { boundsOf, verdictOf } from "./bounds.ts"
import { type Detection, detectionOf, type Recording } from "./detection.ts"
import { durationMs } from "./duration.ts"
import { type Binary, COMPARISONS, type Expression, inside, readExpression, type Selector } from "./expression.ts"
import { type Finding, LINTS, type LintId } from "./findings.ts"
import { canHave, labelsOf } from "./labels.ts"
import { type Rule, type RulesFile, readRulesFile } from "./rules-file.ts"

export interface LintOptions {
	/** Milliseconds. */
	readonly scrape: number
	/** Whether the scrape interval is known, and not Prometheus' default. */
	readonly scrapeKnown: boolean
	/** Of groups without an interval of their own. */
	readonly evaluation: number
	readonly groupWait: number
	readonly budget: number
}

export interface TextFile {
	readonly name: string
	readonly text: string
}

/** What is known about one alert. */
export interface AlertReport {
	readonly file: string
	readonly line: number
	readonly alert: string
	readonly detection: Detection
	readonly whenMissing: "silent" | "fires" | "unknown"
}

/** An alert whose expression was understood, for the generated tests. */
export interface ReadAlert {
	readonly file: string
	readonly rule: Rule
	readonly expression: Expression
	readonly interval: number
}

export interface LintResult {
	readonly findings: readonly Finding[]
	readonly alerts: readonly AlertReport[]
	readonly read: readonly ReadAlert[]
	readonly rules: number
}

interface ReadRule {
	readonly file: TextFile
	readonly content: RulesFile
	readonly rule: Rule
	readonly expression: Expression
	readonly interval: number
}

/** Examines rules files together: a recording rule of one explains an alert of another. */
export function lint(files: readonly TextFile[], options: LintOptions): LintResult {
	const findings: Finding[] = []
	const read: ReadRule[] = []
	let rules = 0
	for (const file of files) {
		const content = readRulesFile(file.text)
		rules += content.rules.length
		const add = (span: Span, id: LintId, message: string, rule?: Rule) =>
			findings.push(finding(file, content, span, id, message, rule))
		for (const { span, message } of content.problems) add(span, "rules-syntax", message)
		for (const rule of content.rules) {
			const expression = readExpression(rule.expression.text)
			if ("mistake" in expression) {
				add(rule.expression.at(expression.mistake), "promql-syntax", "this is not PromQL", rule)
				continue
			}
			const interval = (rule.interval && durationMs(rule.interval)) || options.evaluation
			read.push({ file, content, rule, expression, interval })
		}
	}
	const recordings = new Map<string, Recording>(
		read.flatMap(({ rule, expression, interval }) =>
			rule.kind === "record" ? [[rule.name, { expression, interval }] as const] : [],
		),
	)
	const watched = watchedSeries(read)
	const alerts: AlertReport[] = []
	for (const each of read) {
		const { file, content, rule, expression, interval } = each
		const add = (id: LintId, span: Span, message: string) =>
			findings.push(finding(file, content, span, id, message, rule))
		examineExpression(each, options, add)
		if (rule.kind !== "alert") continue
		examineTexts(each, add)
		const hold = durationMs(rule.for ?? "0") ?? 0
		const intervals = { scrape: options.scrape, evaluation: interval, groupWait: options.groupWait }
		const detection = detectionOf(expression, hold, intervals, recordings)
		const behaviour = whenMissing(expression)
		alerts.push({
			file: file.name,
			line: content.positionOf(rule.expression.at().start).line,
			alert: rule.name,
			detection,
			whenMissing: behaviour,
		})
		const severity = rule.labels.get("severity")?.text ?? ""
		if (/^(?:critical|page)$/i.test(severity) && detection.total > options.budget)
			add("slow-detection", rule.expression.at(), slowWords(detection, options))
		if (behaviour === "silent") {
			const unwatched = seriesOf(expression).filter((name) => !watched.has(name) && !recordings.has(name))
			if (unwatched.length > 0)
				add("missing-series", rule.expression.at(), `silent while ${unwatched.slice(0, 3).join(", ")} does not exist`)
		}
	}
	return {
		findings: findings.sort((a, b) =>
			a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column,
		),
		alerts,
		read: read
			.filter(({ rule }) => rule.kind === "alert")
			.map(({ file, ...rest }) => ({
				file: file.name,
				rule: rest.rule,
				expression: rest.expression,
				interval: rest.interval,
			})),
		rules,
	}
}

type Add = (id: LintId, span: Span, message: string) => void

function examineExpression({ rule, expression }: ReadRule, options: LintOptions, add: Add): void {
	const at = (part: Expression) => rule.expression.at(part.span)
	const shown = (part: Expression) => shorten(rule.expression.text.slice(part.span.start, part.span.end))
	for (const part of inside(expression)) {
		if (part.kind === "selector") {
			const contradiction = contradictionIn(part)
			if (contradiction) add("no-series-fits", at(part), contradiction)
		}
		if (part.kind === "call" && /^(?:rate|increase|irate|delta|idelta|deriv)$/.test(part.name)) {
			const [argument] = part.args
			const range = argument?.kind === "selector" ? argument.range : undefined
			if (options.scrapeKnown && range !== undefined && range < 2 * options.scrape)
				add(
					"short-window",
					at(part),
					`${part.name} over ${formatDuration(range)} sees fewer than two samples when scrapes are ${formatDuration(options.scrape)} apart`,
				)
		}
		if (part.kind !== "binary") continue
		if (part.operator === "and") {
			const clash = clashIn(part, rule.expression.text)
			if (clash) add("never-true", at(part), clash)
		}
		if (!COMPARISONS.has(part.operator) || part.bool) continue
		const verdict = verdictOf(part)
		const [low, high] = boundsOf(part.left)
		if (verdict === "never")
			add(
				"never-true",
				at(part),
				`never true: ${shown(part.left)} is ${rangeWords(low, high)}, here it is compared ${part.operator} ${shown(part.right)}`,
			)
		if (verdict === "always" && rule.kind === "alert" && !isExistence(part.left))
			add("always-true", at(part), `always true: ${shown(part.left)} is ${rangeWords(low, high)}`)
	}
}

/** Expressions that people compare to ask whether something exists. */
const isExistence = (expression: Expression): boolean =>
	expression.kind === "number" ||
	(expression.kind === "call" &&
		/^(?:absent|absent_over_time|present_over_time|count_over_time|vector|time)$/.test(expression.name)) ||
	(expression.kind === "aggregation" &&
		(/^(?:count|group|count_values)$/.test(expression.operator) || isExistence(expression.of))) ||
	(expression.kind === "selector" && expression.name === "ALERTS")

function contradictionIn({ matchers }: Selector): string | undefined {
	for (const { label, operator, value } of matchers) {
		if (operator !== "=") continue
		const other = matchers.find((each) => each.label === label && excludes(each.operator, each.value, value))
		if (other) return `selects nothing: ${label} is to be "${value}" and ${other.operator} "${other.value}"`
	}
	return undefined
}

function excludes(operator: string, pattern: string, value: string): boolean {
	if (operator === "=") return pattern !== value
	if (operator === "!=") return pattern === value
	try {
		const fits = new RegExp(`^(?:${pattern})$`, "s").test(value)
		return operator === "=~" ? !fits : fits
	} catch {
		// RE2 knows forms that JavaScript does not.
		return false
	}
}

/** Two comparisons of the same value that cannot both be true. */
function clashIn({ left, right, on, ignoring }: Binary, text: string): string | undefined {
	if (on !== undefined || ignoring !== undefined) return undefined
	const written = (part: Expression) => text.slice(part.span.start, part.span.end).replace(/\s+/g, "")
	for (const a of conjuncts(left))
		for (const b of conjuncts(right)) {
			if (written(a.left) !== written(b.left)) continue
			const low = Math.max(boundsOf(a)[0], boundsOf(b)[0])
			const high = Math.min(boundsOf(a)[1], boundsOf(b)[1])
			if (low > high || (low === high && [a, b].some((each) => excludesItsBound(each, low))))
				return `never true: ${shorten(text.slice(a.span.start, a.span.end))} and ${shorten(text.slice(b.span.start, b.span.end))} exclude each other`
		}
	return undefined
}

const excludesItsBound = ({ operator, right }: Binary, value: number): boolean =>
	(operator === ">" || operator === "<") && right.kind === "number" && right.value === value

function conjuncts(expression: Expression): Binary[] {
	if (expression.kind !== "binary") return []
	if (expression.operator === "and") return [...conjuncts(expression.left), ...conjuncts(expression.right)]
	return COMPARISONS.has(expression.operator) && !expression.bool && expression.right.kind === "number"
		? [expression]
		: []
}

/** `{{ $labels.x }}` and `{{ .Labels.x }}` in annotations and labels. */
function examineTexts({ rule, expression }: ReadRule, add: Add): void {
	const labels = labelsOf(expression)
	for (const texts of [rule.annotations, rule.labels])
		for (const [, text] of texts)
			for (const action of text.text.matchAll(/\{\{(.*?)\}\}/gs)) {
				// Inside a query or a range, . is something else.
				const used = action[1]?.matchAll(/\$labels\.([a-zA-Z_]\w*)/g) ?? []
				for (const [, label = ""] of used)
					if (!canHave(labels, label))
						add(
							"label-lost",
							text.at({ start: action.index, end: action.index + action[0].length }),
							`$labels.${label} is always empty: the expression keeps ${keptWords(labels)}`,
						)
			}
}

const keptWords = (labels: ReturnType<typeof labelsOf>): string =>
	"only" in labels
		? labels.only.size === 0
			? "no label"
			: `only ${[...labels.only].sort().join(", ")}`
		: `every label but ${[...labels.allBut].sort().join(", ")}`

/** The series whose absence some rule watches, directly in `absent`. */
function watchedSeries(read: readonly ReadRule[]): ReadonlySet<string> {
	const watched = new Set<string>(["ALERTS"])
	for (const { expression, rule } of read)
		if (rule.kind === "alert")
			for (const part of inside(expression))
				if (part.kind === "call" && (part.name === "absent" || part.name === "absent_over_time"))
					for (const name of seriesOf(part)) watched.add(name)
	return watched
}

const seriesOf = (expression: Expression): string[] => [
	...new Set(
		[...inside(expression)].flatMap((part) => (part.kind === "selector" && part.name !== undefined ? [part.name] : [])),
	),
]

function slowWords(
	{ scrape, window, evaluation, for: hold, groupWait, total }: Detection,
	{ budget }: LintOptions,
): string {
	const parts = [
		[scrape, "scrape"],
		[window, "window"],
		[evaluation, "evaluation"],
		[hold, "for"],
		[groupWait, "group_wait"],
	] as const
	const sum = parts.filter(([ms]) => ms > 0).map(([ms, name]) => `${name} ${formatDuration(ms)}`)
	return `up to ${formatDuration(total)} from the fault to the notification, more than ${formatDuration(budget)}: ${sum.join(" + ")}`
}

const rangeWords = (low: number, high: number): string => {
	if (low === high) return `always ${low}`
	if (high === Number.POSITIVE_INFINITY) return `at least ${low}`
	return low === Number.NEGATIVE_INFINITY ? `at most ${high}` : `between ${low} and ${high}`
}

const shorten = (text: string): string => {
	const line = text.replace(/\s+/g, " ")
	return line.length > 80 ? `${line.slice(0, 77)}…` : line
}

function finding(file: TextFile, content: RulesFile, span: Span, id: LintId, message: string, rule?: Rule): Finding {
	return {
		file: file.name,
		id,
		severity: LINTS[id].severity,
		...content.positionOf(span.start),
		rule: rule?.name,
		message,
	}
}
