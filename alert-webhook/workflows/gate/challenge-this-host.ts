import type { Context } from "../../context.ts"
import { probeHook } from "./probe.ts"
import { acceptReport, makeReport } from "./report.ts"

/** Has the gate of the webhook's own host answer, through the flag and the settings that a stop uses. */
export async function challengeThisHost(ctx: Context, settingsFile: string): Promise<void> {
	const { gateFlag: flag, gateHost: host } = ctx.settings
	const now = Date.now()
	const problem = (await probeHook({ flag, settingsFile, now })) ?? null
	await acceptReport(ctx, await makeReport({ flag, host, now }, problem))
}
