import { isNotNull, sql } from "drizzle-orm"
import { pages } from "../../../core/db/schema/index.ts"
import type { Settings, Transaction } from "../../context.ts"
import { PAGE_LABEL } from "../../domain/alert-kind.ts"
import { ACKNOWLEDGE_LINK, LINK_MS, signLink } from "../../domain/signed-link.ts"
import { enqueue } from "../jobs/enqueue.ts"
import { channelsLabel } from "./channels.ts"
import type { PageKind } from "./count.ts"

export interface PageInput {
	/** The subject. A page that is opened again while it is open does not change; after its end it starts again. */
	readonly key: string
	/** Alertmanager's group: pages of one name are sent together. The key when absent. */
	readonly name?: string
	readonly kind: PageKind
	readonly incidentId: number | undefined
	readonly severity: string
	readonly channels: readonly string[]
	readonly summary: string
	readonly description: string
	/** The console's path for more. */
	readonly path: string
	/** The name in which the recipients acknowledge the incident, by a signed link. */
	readonly acknowledgeAs?: string
	/** Links of its alert. */
	readonly links?: Readonly<Record<string, string>>
	/** More labels, such as the demo's. */
	readonly labels?: Readonly<Record<string, string>>
	/** Labels that it must not have: a silence applies to them. */
	readonly without?: readonly string[]
	readonly now: Date
}

/**
 * Opens a page: Alertmanager routes it by its `channels` label as it does alerts, and repeats it until it ends. Without
 * a channel there is no page.
 */
export async function openPage(
	tx: Transaction,
	{ consoleUrl, linkKey }: Pick<Settings, "consoleUrl" | "linkKey">,
	input: PageInput,
): Promise<void> {
	if (input.channels.length === 0) return
	const fresh = (column: string) => sql.raw(`excluded.${column}`)
	const rows = await tx
		.insert(pages)
		.values({
			incidentId: input.incidentId ?? null,
			key: input.key,
			kind: input.kind,
			labels: labelsOf(input),
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
			target: pages.key,
			set: {
				labels: fresh("labels"),
				annotations: fresh("annotations"),
				startsAt: fresh("starts_at"),
				sentAt: null,
				endedAt: null,
			},
			setWhere: isNotNull(pages.endedAt),
		})
		.returning({ id: pages.id })
	if (rows.length > 0) await enqueue(tx, "pages.send", {}, { key: "now" })
}

function labelsOf(input: PageInput): Record<string, string> {
	const labels = {
		...input.labels,
		...(input.incidentId === undefined ? {} : { incident: String(input.incidentId) }),
		// A name of its own makes a group of its own, which is sent at once and not with the next interval.
		alertname: (input.name ?? input.key).replace(/[^A-Za-z0-9_]+/g, "_"),
		severity: input.severity,
		channels: channelsLabel(input.channels),
		[PAGE_LABEL]: input.kind,
	}
	return Object.fromEntries(Object.entries(labels).filter(([name]) => !input.without?.includes(name)))
}

function acknowledgement(
	{ consoleUrl, linkKey }: Pick<Settings, "consoleUrl" | "linkKey">,
	{ incidentId, acknowledgeAs, now }: PageInput,
): Record<string, string> {
	if (incidentId === undefined || acknowledgeAs === undefined) return {}
	const token = signLink(linkKey, { incidentId, recipients: acknowledgeAs, expiresAt: now.getTime() + LINK_MS })
	return { [ACKNOWLEDGE_LINK]: `${consoleUrl}/acknowledge/${incidentId}/${token}` }
}
