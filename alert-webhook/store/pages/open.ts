import { isNotNull, sql } from "drizzle-orm"
import { notices } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import { NOTICE_LABEL } from "../../domain/alert-kind.ts"
import { ACKNOWLEDGE_LINK, LINK_MS, signLink } from "../../domain/signed-link.ts"
import { enqueue } from "../jobs/enqueue.ts"
import { channelsLabel } from "./channels.ts"
import type { NoticeKind } from "./count.ts"

export interface NoticeInput {
	/** What it is about: opened again while it stands it stays as it is, opened after its end it begins again. */
	readonly key: string
	/** What Alertmanager groups by: notices of one name are told together. The key when left out. */
	readonly name?: string
	readonly kind: NoticeKind
	readonly incidentId: number | undefined
	readonly severity: string
	readonly channels: readonly string[]
	readonly summary: string
	readonly description: string
	/** Where on the console people go from it. */
	readonly path: string
	/** Whoever is told this takes the incident by a link of its own, in this name. */
	readonly takenBy?: string
	/** Links of the alert that it is about, where it has any. */
	readonly links?: Readonly<Record<string, string>>
	/** More labels, such as those of a demonstration. */
	readonly labels?: Readonly<Record<string, string>>
	readonly now: Date
}

/**
 * Tells people something through Alertmanager, which routes it by its `channels` label as it does alerts. It stands
 * until it is ended. Without a channel nothing is told.
 */
export async function openNotice(
	tx: Transaction,
	{ consoleUrl, linkKey }: Pick<Settings, "consoleUrl" | "linkKey">,
	input: NoticeInput,
): Promise<void> {
	if (input.channels.length === 0) return
	const fresh = (column: string) => sql.raw(`excluded.${column}`)
	const rows = await tx
		.insert(notices)
		.values({
			incidentId: input.incidentId ?? null,
			key: input.key,
			kind: input.kind,
			labels: {
				...input.labels,
				...(input.incidentId === undefined ? {} : { incident: String(input.incidentId) }),
				// A name of its own makes a group of its own, which is told at once and not with the next round.
				alertname: (input.name ?? input.key).replace(/[^A-Za-z0-9_]+/g, "_"),
				severity: input.severity,
				channels: channelsLabel(input.channels),
				[NOTICE_LABEL]: input.kind,
			},
			annotations: {
				summary: input.summary,
				description: input.description,
				runbook_url: input.links?.runbook_url ?? `${consoleUrl}${input.path}`,
				...(input.links?.dashboard_url === undefined ? {} : { dashboard_url: input.links.dashboard_url }),
				console_url: `${consoleUrl}${input.path}`,
				...acknowledgement({ consoleUrl, linkKey }, input),
			},
			startsAt: input.now,
		})
		.onConflictDoUpdate({
			target: notices.key,
			set: {
				labels: fresh("labels"),
				annotations: fresh("annotations"),
				startsAt: fresh("starts_at"),
				sentAt: null,
				endedAt: null,
			},
			setWhere: isNotNull(notices.endedAt),
		})
		.returning({ id: notices.id })
	if (rows.length > 0) await enqueue(tx, "notices.send", {}, { key: "now" })
}

function acknowledgement(
	{ consoleUrl, linkKey }: Pick<Settings, "consoleUrl" | "linkKey">,
	{ incidentId, takenBy, now }: NoticeInput,
): Record<string, string> {
	if (incidentId === undefined || takenBy === undefined) return {}
	const token = signLink(linkKey, { incidentId, told: takenBy, expiresAt: now.getTime() + LINK_MS })
	return { [ACKNOWLEDGE_LINK]: `${consoleUrl}/acknowledge/${incidentId}/${token}` }
}
