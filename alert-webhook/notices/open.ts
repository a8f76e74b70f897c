import { notices } from "../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../context.ts"
import { NOTICE_LABEL } from "../intake/notices.ts"
import { enqueue } from "../jobs/enqueue.ts"
import type { NoticeKind } from "./count.ts"

export interface NoticeInput {
	/** A second notice with the same key is not opened. */
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
	{ consoleUrl }: Pick<Settings, "consoleUrl">,
	input: NoticeInput,
): Promise<void> {
	if (input.channels.length === 0) return
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
				channels: `,${input.channels.join(",")},`,
				[NOTICE_LABEL]: input.kind,
			},
			annotations: {
				summary: input.summary,
				description: input.description,
				runbook_url: `${consoleUrl}${input.path}`,
				console_url: `${consoleUrl}${input.path}`,
			},
			startsAt: input.now,
		})
		.onConflictDoNothing()
		.returning({ id: notices.id })
	if (rows.length > 0) await enqueue(tx, "notices.send", {}, { key: "now" })
}
