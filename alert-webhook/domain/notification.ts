import { createHash } from "node:crypto"
import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { cleanText } from "../../core/lib/plain-text.ts"
import { type Severity, severityOf } from "./severity.ts"
import { beginningOf, isStorable, readable } from "./text.ts"

/** One alert of a notification, without the characters that PostgreSQL cannot store. */
export interface ReceivedAlert {
	readonly fingerprint: string
	readonly status: "firing" | "resolved"
	readonly alertname: string
	readonly severity: Severity
	readonly labels: Record<string, string>
	readonly annotations: Record<string, string>
	readonly generatorUrl: string | null
	readonly startsAt: Date
	/** Null while the alert fires. */
	readonly endsAt: Date | null
}

/** Input that is no valid alert, and the reason. */
export interface MalformedAlert {
	readonly status: "firing" | "resolved"
	readonly problem: string
	readonly raw: string
}

export interface Notification {
	readonly receiver: string
	readonly groupKey: string
	readonly status: "firing" | "resolved"
	/** Alerts that Alertmanager left out because of `max_alerts`, and those beyond `MOST_ALERTS`. */
	readonly truncatedAlerts: number
	readonly alerts: readonly ReceivedAlert[]
	/** The first `SHOWN_MALFORMED` of the invalid alerts. */
	readonly malformed: readonly MalformedAlert[]
	/** The number of all of them. */
	readonly malformedCount: number
	/** The reason why we know of it, when no notification from Alertmanager brought it. */
	readonly reason?: string
}

/** Most alerts that one notification is read for. The reconciliation asks Alertmanager for the rest. */
export const MOST_ALERTS = 10_000

/** Invalid alerts of one notification that are kept as examples. */
export const SHOWN_MALFORMED = 10

const status = z.enum(["firing", "resolved"])
const text = z.string().transform(cleanText)
const texts = z.record(text, text)

/** Go writes "no time" as the first second of year 1. */
const isUnset = (at: Date) => at.getUTCFullYear() <= 1
const instant = z.iso
	.datetime({ offset: true, local: false })
	.transform((value) => new Date(value))
	.refine((at) => isUnset(at) || isStorable(at), "expected a time in the years 1 to 9999")

const alertBody = z
	.object({
		status,
		labels: texts,
		annotations: texts.nullish(),
		startsAt: instant.refine((at) => !isUnset(at) && !Number.isNaN(at.getTime()), "expected the time it started"),
		endsAt: instant.nullish(),
		generatorURL: text.nullish(),
		fingerprint: text.pipe(z.string().min(1).max(128)),
	})
	.transform(
		({ generatorURL, annotations, endsAt, ...alert }): ReceivedAlert => ({
			...alert,
			alertname: alert.labels.alertname || "(unnamed alert)",
			severity: severityOf(alert.labels.severity),
			annotations: annotations ?? {},
			generatorUrl: generatorURL || null,
			endsAt: endsAt && alert.status === "resolved" && !isUnset(endsAt) ? endsAt : null,
		}),
	)

const envelope = z.object({
	version: z.literal("4"),
	status,
	receiver: text.default(""),
	groupKey: text.default(""),
	truncatedAlerts: z.number().int().nonnegative().catch(0),
	alerts: z.array(z.unknown()),
})

/**
 * Reads the body of an Alertmanager webhook, version 4. Unknown fields are ignored. An invalid alert does not affect
 * the others: it is returned separately.
 *
 * @throws ObservatoryError `bad_request` when the body is not a version 4 notification at all
 */
export function parseNotification(body: unknown): Notification {
	const parsed = envelope.safeParse(body)
	if (!parsed.success)
		throw new ObservatoryError("bad_request", `This is not an Alertmanager notification: ${problems(parsed.error)}`, {
			advice: 'Expected the webhook body of Alertmanager, version "4".',
		})
	const { status, truncatedAlerts } = parsed.data
	const alerts: ReceivedAlert[] = []
	const malformed: MalformedAlert[] = []
	let malformedCount = 0
	for (const raw of parsed.data.alerts.slice(0, MOST_ALERTS)) {
		const alert = alertBody.safeParse(raw)
		if (alert.success) alerts.push(alert.data)
		else if (++malformedCount <= SHOWN_MALFORMED)
			malformed.push({ status, problem: problems(alert.error), raw: readable(raw) })
	}
	const beyond = Math.max(0, parsed.data.alerts.length - MOST_ALERTS)
	return { ...parsed.data, truncatedAlerts: truncatedAlerts + beyond, alerts, malformed, malformedCount }
}

function problems(error: z.ZodError): string {
	const shown = error.issues.slice(0, 5).map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`)
	return beginningOf(shown.join("; "), 1_000)
}

/** A digest of a notification's content, so that a repeat is recognised. */
export function digestOf(channel: string, { groupKey, alerts, malformed }: Notification): string {
	const keys = alerts.map((alert) => [alert.fingerprint, alert.startsAt.toISOString(), alert.status].join(" "))
	const parts = [channel, groupKey, ...keys.sort(), ...malformed.map(({ raw }) => raw).sort()]
	return createHash("sha256").update(JSON.stringify(parts)).digest("hex")
}

/** One line for a list: `2 firing: database_down, mcp_server_degraded`. */
export function titleOf({ alerts, malformed }: Notification): string {
	const groups = (["firing", "resolved"] as const).flatMap((wanted) => {
		const those = alerts.filter((alert) => alert.status === wanted)
		const names = [...new Set(those.map((alert) => alert.alertname))]
		const more = names.length > 4 ? ` and ${names.length - 4} more` : ""
		return those.length === 0 ? [] : [`${those.length} ${wanted}: ${names.slice(0, 4).join(", ")}${more}`]
	})
	if (malformed.length > 0) groups.push(`${malformed.length} unreadable`)
	return groups.join("; ") || "No alerts"
}
