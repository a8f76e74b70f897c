import { z } from "zod"
import { remediations } from "../catalogue/subjects/remediation.ts"
import { parseDuration } from "../lib/config.ts"
import { EXPECTED_ADDRESS, isWebAddress } from "./plain-text.ts"

export const SEVERITIES = ["critical", "warning", "info"] as const
export type Severity = (typeof SEVERITIES)[number]

/** What alert-webhook can do by itself about an alert. */
export const REMEDIATIONS = remediations.labels.action.values
export type Remediation = (typeof REMEDIATIONS)[number]

const MAX_DURATION_MS = 365 * 86_400_000

const duration = z.string({ error: "expected a duration such as 30s, 5m, 2h or 1d" }).refine(
	(text) => {
		const ms = parseDuration(text)
		return ms !== undefined && ms <= MAX_DURATION_MS
	},
	{ error: "expected a duration such as 30s, 5m, 2h or 1d, of at most a year" },
)
const text = z
	.string({ error: "expected text" })
	.trim()
	.min(1, "expected text, not nothing")
	.max(5_000, "expected at most 5,000 characters")
const slug = z
	.string({ error: "expected a name" })
	.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "expected lower-case letters, digits, - and _, at most 63 of them")
const alertName = z
	.string({ error: "expected a name" })
	.regex(
		/^[a-z][a-z0-9_]{0,99}$/,
		"expected lower-case letters, digits and _, starting with a letter, such as database_down",
	)

/** The page that a path of this repository names; undefined for any other text. */
export const runbookName = (path: string): string | undefined =>
	/^docs\/runbooks\/([a-z][a-z0-9_]{0,99})\.md$/.exec(path)?.[1]

export const alertSchema = z.strictObject({
	name: alertName.describe("The alert's name: what the notification, the runbook and the incident are called."),
	condition: text.optional().describe("When it fires, in the language of docs/alerts.md. Either this or expr."),
	expr: text.optional().describe("When it fires, as PromQL over catalogued series, for what a condition cannot say."),
	duration: duration.optional().describe("How long the condition must be true without a break; at once when left out."),
	keep_firing_for: duration.optional().describe("How long it continues to fire after the condition is no longer true."),
	channels: z
		.array(slug, { error: "expected a list of channel names" })
		.max(20)
		.describe("Who is notified, by the names in alertmanager/channels.yaml."),
	heartbeat: z
		.boolean()
		.optional()
		.describe("Always firing on purpose; delivered to alert-webhook each minute and to no channel."),
	summary: text.optional().describe("One line for the notification's title; made from the name when left out."),
	description: text.optional().describe("What has happened and why it matters, for the notification."),
	runbook: text
		.refine((at) => isWebAddress(at) || runbookName(at) !== undefined, {
			error: `${EXPECTED_ADDRESS}, or docs/runbooks/NAME.md`,
		})
		.optional()
		.describe("The runbook when it is not docs/runbooks/NAME.md: an address, or another file of docs/runbooks."),
	owner: slug.optional().describe("The team whose alert it is."),
	component: slug.optional().describe("What is affected; taken from the condition's paths when left out."),
	remediation: z.enum(REMEDIATIONS).optional().describe("What alert-webhook does about it by itself."),
	escalation: slug.optional().describe("The escalation policy, when not the usual one for the severity."),
	minimum_volume: z
		.number({ error: "expected a number of observations" })
		.positive("expected a number above 0")
		.max(1e12)
		.optional()
		.describe("The least number of observations of a ratio before it may fire."),
	detection_budget: duration
		.optional()
		.describe("Acknowledges a worst-case detection time above 5 minutes on a critical alert, up to this."),
	symptom_of: z
		.array(alertName, { error: "expected a list of alert names" })
		.max(100)
		.optional()
		.describe("While one of these alerts fires, this one's notifications are suppressed."),
	silences: z
		.array(alertName, { error: "expected a list of alert names" })
		.max(100)
		.optional()
		.describe("Symptoms of this alert: their notifications are suppressed while it fires."),
})

export const fileSchema = z.strictObject({
	parameters: z
		.record(
			z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "expected a name of letters, digits and _"),
			z.union([z.number(), z.string()], { error: "expected a number, or one with its unit such as $50, 80% or 10MB" }),
		)
		.optional()
		.describe("Numbers that conditions use by name."),
	runbook_base: z
		.string({ error: EXPECTED_ADDRESS })
		.refine(isWebAddress, { error: EXPECTED_ADDRESS })
		.optional()
		.describe("Where runbooks are read; NAME is put behind it."),
	alerts: z.strictObject({
		critical: z.array(alertSchema, { error: "expected a list of alerts" }).nullish().describe("A person is paged."),
		warning: z.array(alertSchema, { error: "expected a list of alerts" }).nullish().describe("A person looks today."),
		info: z
			.array(alertSchema, { error: "expected a list of alerts" })
			.nullish()
			.describe("No one needs to do anything."),
	}),
})

export type AlertEntry = z.output<typeof alertSchema>
export type AlertsDocument = z.output<typeof fileSchema>
