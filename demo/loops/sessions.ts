import { randomUUID } from "node:crypto"
import { cadence } from "../work/random.ts"
import { planSession, type SessionMood } from "../work/session-plan.ts"
import { mistakenCall, planCall } from "../work/tool-calls.ts"
import type { World } from "../world.ts"
import { runSession } from "./session.ts"

/** How the next session will go, and which of its calls is a mistake: shared by all workers, so that rates hold. */
export interface SessionScript {
	mood(): SessionMood
	mistake(): boolean
	improves(): boolean
}

/** One session in 20 to 30 fails, one call in 60 to 90 is refused, one session in 5 to 8 leads to an improvement. */
export function createScript(world: Pick<World, "random" | "switches">, workers: number): SessionScript {
	const fails = cadence(world.random, 20, 30)
	const mistake = cadence(world.random, 60, 90)
	const improves = cadence(world.random, 5, 8)
	let begun = 0
	return {
		mood() {
			begun += 1
			if (world.switches.broken("sessions")) return "broken"
			if (begun <= workers) return "first"
			return fails() ? "failing" : "healthy"
		},
		mistake,
		// The very first one does, so that the whole path is soon in sight.
		improves: () => improves() || begun <= 1,
	}
}

/** Runs one session after another until the demo stops. */
export async function sessionWorker(world: World, script: SessionScript): Promise<void> {
	for (;;) {
		await world.gate.pass("newcomer")
		const mood = script.mood()
		await runSession(world, {
			id: `demo-${randomUUID()}`,
			plan: planSession(world.random, mood),
			improves: mood !== "broken" && script.improves(),
			nextCall: (owner) => (script.mistake() ? mistakenCall() : planCall(world.random, owner)),
		})
		await world.pace.wait(mood === "broken" ? 4_000 : world.random.between(8_000, 45_000))
	}
}
