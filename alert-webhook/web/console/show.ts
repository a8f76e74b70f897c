import { SEVERITIES } from "../../domain/severity.ts"
import { readControl } from "../../store/control.ts"
import { countUnread } from "../../store/inbox.ts"
import { countOpen } from "../../store/incidents/list.ts"
import { revisionOf } from "../../workflows/changes.ts"
import type { PersonCall } from "../http/route.ts"
import { type Shell, shell } from "./kit/layout.ts"

export type Page = Pick<Shell, "title" | "section" | "main" | "wide" | "style" | "refreshSeconds">

/**
 * Sends a page in its layout, with current counts. `page` reads its data only when it is called: after the page's
 * revision, so that no later change is missed.
 */
export async function show(call: PersonCall, page: (open: number, unread: number) => Promise<Page>): Promise<void> {
	const { ctx, caller, csrf, res } = call
	const revision = await revisionOf(ctx.db)
	const [counts, unread, control] = await Promise.all([countOpen(ctx), countUnread(ctx), readControl(ctx)])
	const open = SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0)
	const html = shell({ ...(await page(open, unread)), caller, csrf, open, unread, control: control.state, revision })
	res.set("cache-control", "no-store").send(html)
}
