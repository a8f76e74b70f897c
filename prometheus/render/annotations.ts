import { foldCondition } from "../../core/alerts/fold.ts"
import type { Alert, Condition } from "../../core/alerts/model.ts"
import { hasValue, pieces } from "../../core/alerts/placeholder.ts"
import { runbookName } from "../../core/alerts/schema.ts"
import type { Quantity } from "../../core/catalogue/types.ts"
import { formatDuration } from "../../core/lib/config.ts"
import { boardOf } from "./boards.ts"
import { isScalar } from "./expression.ts"

/** How a number of a quantity reads in a notification, as a Prometheus template. */
const VALUE: Readonly<Record<Quantity, string>> = {
	count: "{{ $value | humanize }}",
	ratio: "{{ $value | humanizePercentage }}",
	seconds: "{{ $value | humanizeDuration }}",
	bytes: "{{ $value | humanize1024 }}B",
	// biome-ignore lint/suspicious/noTemplateCurlyInString: a dollar sign before a Prometheus template
	usd: '${{ $value | printf "%.2f" }}',
	per_second: "{{ $value | humanize }} per second",
	timestamp: "{{ $value | humanizeTimestamp }}",
	score: '{{ $value | printf "%.1f" }} of 100',
	state: "{{ $value | humanize }}",
}

export interface Links {
	/** Where runbooks are read; `/NAME.md` is put behind it. */
	readonly runbookBase: string
	/** Where Grafana is; `/d/UID` is put behind it. */
	readonly grafanaBase: string
}

/** What a notification says: fixed text, with the value and labels filled in by Prometheus. */
export function renderAnnotations(alert: Alert, links: Links): Record<string, string> {
	return {
		summary: fill(alert.summary ?? defaultSummary(alert), alert),
		description: fill(alert.description ?? defaultDescription(alert), alert),
		runbook_url: runbookUrl(alert, links),
		dashboard_url: `${links.grafanaBase}/d/${boardOf(alert.component)}`,
	}
}

function runbookUrl({ name, runbook }: Alert, { runbookBase }: Links): string {
	const page = runbook === undefined ? name : runbookName(runbook)
	return page === undefined ? (runbook ?? "") : `${runbookBase}/${page}.md`
}

function fill(text: string, alert: Alert): string {
	const quantity = alert.trigger.kind === "condition" ? quantityOf(alert.trigger.condition) : undefined
	return pieces(text)
		.map((piece) => {
			if ("literal" in piece) return piece.literal.replaceAll("{{", '{{ "{{" }}')
			return piece.name === "value" ? VALUE[quantity ?? "count"] : `{{ $labels.${piece.name} }}`
		})
		.join("")
}

const elements = ({ trigger }: Alert) =>
	trigger.kind === "condition" && trigger.condition.dimension !== undefined ? `: {${trigger.condition.dimension}}` : ""

const SPELLINGS: Readonly<Record<string, string>> = { mcp: "MCP", github: "GitHub", opentelemetry: "OpenTelemetry" }

function defaultSummary(alert: Alert): string {
	const words = alert.name
		.split("_")
		.map((word) => SPELLINGS[word] ?? word)
		.join(" ")
	return `${words.charAt(0).toUpperCase()}${words.slice(1)}${elements(alert)}`
}

function defaultDescription(alert: Alert): string {
	const { trigger, forMs } = alert
	if (trigger.kind === "condition" && trigger.condition.kind === "event")
		return `The event ${trigger.condition.type} was recorded.`
	const duration = forMs > 0 ? ` for ${formatDuration(forMs)}` : ""
	const value = trigger.kind === "condition" && hasValue(trigger.condition) ? " Value: {value}." : ""
	const text = trigger.text.replace(/\s+/g, " ").replace(/\{(?=[A-Za-z_][A-Za-z0-9_]*\})/g, "{ ")
	return `${text} is true${duration}.${value}`
}

/** The quantity of the number that the rule results in: the side of the comparison that is not a plain number. */
const quantityOf = (condition: Condition): Quantity | undefined =>
	foldCondition<Quantity | undefined, Quantity | undefined>(condition, {
		values: {
			number: () => undefined,
			read: ({ quantity }) => quantity,
			arithmetic: ({ quantity }) => quantity,
			negative: (_, of) => of,
		},
		compare: ({ left }, a, b) => (isScalar(left) ? b : a),
		state: () => undefined,
		event: () => undefined,
		join(of, left, right) {
			if (of.kind === "or") return left === right ? left : undefined
			return of.left.dimension === undefined && of.right.dimension !== undefined ? right : left
		},
		quantify: ({ kind }, of) => (kind === "any" ? of : undefined),
	})
