import { randomUUID } from "node:crypto"
import type { DemoContext } from "../context.ts"
import { cadence } from "../work/random.ts"
import { planSession, type SessionProfile } from "../work/session-plan.ts"
import { mistakenCall, planCall } from "../work/tool-calls.ts"
import { runSession } from "./session.ts"

/** The profile of the next session and its mistaken calls. All workers share one script, so that the rates are right. */
export interface SessionScript {
	profile(): SessionProfile
	mistake(): boolean
	improves(): boolean
}

/** Of 20 to 30 sessions one fails, of 60 to 90 calls one is refused, of 5 to 8 sessions one leads to an improvement. */
export function createScript(ctx: Pick<DemoContext, "random" | "switches">, workers: number): SessionScript {
	const fails = cadence(ctx.random, 20, 30)
	const mistake = cadence(ctx.random, 60, 90)
	const improves = cadence(ctx.random, 5, 8)
	let started = 0
	return {
		profile() {
			started += 1
			if (ctx.switches.broken("sessions")) return "broken"
			if (started <= workers) return "first"
			return fails() ? "failing" : "healthy"
		},
		mistake,
		// The first session always improves, so that the whole path is soon visible.
		improves: () => improves() || started <= 1,
	}
}

/** Runs one session after another until the demo stops. */
export async function sessionWorker(ctx: DemoContext, script: SessionScript): Promise<void> {
	for (;;) {
		await ctx.gate.pass("new session")
		const profile = script.profile()
		await runSession(ctx, {
			id: `demo-${randomUUID()}`,
			plan: planSession(ctx.random, profile),
			improves: profile !== "broken" && script.improves(),
			nextCall: (owner) => (script.mistake() ? mistakenCall() : planCall(ctx.random, owner)),
		})
		await ctx.pace.wait(profile === "broken" ? 4_000 : ctx.random.between(8_000, 45_000))
	}
}
