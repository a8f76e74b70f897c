import type { NewSilence, Silence } from "../../clients/silences.ts"
import type { Context } from "../../context.ts"
import { HEARTBEAT_LABEL, NOTICE_LABEL } from "../../domain/alert-kind.ts"
import { isMyTurn } from "../../store/advisory-lock.ts"
import { listWindows, type MaintenanceWindow } from "../../store/maintenance.ts"

/**
 * Gives every window that is open or to come its silence, and ends silences of ours whose window is over. What stands
 * in Alertmanager is compared each time, so that one that has lost its memory, or was away, comes to have what it
 * should. One replica at a time.
 */
export async function syncSilences(ctx: Context): Promise<void> {
	const windows = await listWindows(ctx)
	if (windows.length === 0) return
	await ctx.db.transaction(async (tx) => {
		if (!(await isMyTurn(tx, "silences"))) return
		const { consoleUrl } = ctx.settings
		const standing = await ctx.outside.silences.list()
		const { missing, idle } = compareSilences(windows, standing, { consoleUrl, now: ctx.clock.now() })
		for (const window of missing) await ctx.outside.silences.create(silenceOf(window, consoleUrl))
		for (const id of idle) await ctx.outside.silences.expire(id)
	})
}

interface Setting {
	readonly consoleUrl: string
	readonly now: number
}

/** Windows without a silence, and silences of ours without a window or beside another of the same one. */
export function compareSilences(
	windows: readonly MaintenanceWindow[],
	silences: readonly Silence[],
	{ consoleUrl, now }: Setting,
): { missing: MaintenanceWindow[]; idle: string[] } {
	const alive = silences.filter(({ status }) => status.state !== "expired")
	const live = windows.filter(({ overAt, endsAt }) => !overAt && endsAt.getTime() > now)
	const kept = new Map<number, string>()
	for (const window of live) {
		const found = alive.find(({ comment }) => comment.endsWith(mark(window.id, consoleUrl)))
		if (found) kept.set(window.id, found.id)
	}
	const ours = alive.filter(({ comment }) => isMarked(comment, consoleUrl)).map(({ id }) => id)
	const used = new Set(kept.values())
	return { missing: live.filter(({ id }) => !kept.has(id)), idle: ours.filter((id) => !used.has(id)) }
}

/** How a silence is known to be ours; the console's address tells two installations apart. */
const mark = (id: number, consoleUrl: string) => ` (maintenance window ${id} of ${consoleUrl})`
const isMarked = (comment: string, consoleUrl: string) =>
	/ \(maintenance window \d+ of /.test(comment) && comment.endsWith(` of ${consoleUrl})`)

/** Heartbeats and what the observatory itself has to tell are never silenced. */
function silenceOf(
	{ id, matchers, startsAt, endsAt, createdBy, reason }: MaintenanceWindow,
	consoleUrl: string,
): NewSilence {
	return {
		matchers: [
			...matchers.map(({ name, op, value }) => ({
				name,
				value,
				isRegex: op.endsWith("~"),
				isEqual: !op.startsWith("!"),
			})),
			{ name: NOTICE_LABEL, value: "", isRegex: false, isEqual: true },
			{ name: HEARTBEAT_LABEL, value: "true", isRegex: false, isEqual: false },
		],
		startsAt: startsAt.toISOString(),
		endsAt: endsAt.toISOString(),
		createdBy,
		comment: reason + mark(id, consoleUrl),
	}
}
