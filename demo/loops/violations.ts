import { violations } from "../../core/db/schema/index.ts"
import type { DemoContext } from "../context.ts"

const MINUTE = 60_000
const TICK_MS = 2_000
const KINDS = [
	["read_only", { tool: "Write", path: "/srv/evals/results.json" }],
	["scope", { tool: "Bash", path: "/etc/hosts" }],
	["resource_limit", { limit: "memory", used_mb: 2_210 }],
	["timeout", { tool: "Bash", seconds: 600 }],
] as const

/** A session breaks a rule less than once an hour by itself, or every few seconds while `violations` is broken on purpose. */
export async function violationLoop(
	{ store, pace, random, clock, switches, owned }: DemoContext,
	byThemselves: boolean,
): Promise<void> {
	let next = byThemselves
		? clock.now() + pace.scaled(random.between(20 * MINUTE, 40 * MINUTE))
		: Number.POSITIVE_INFINITY
	for (;;) {
		await pace.wait(TICK_MS)
		const now = clock.now()
		const [session] = owned
		if (session === undefined || (now < next && !switches.broken("violations"))) continue
		if (now >= next) next = now + pace.scaled(random.between(90 * MINUTE, 150 * MINUTE))
		const [kind, details] = random.pick(KINDS)
		await store.once(`violation:${now}:${session}`, async (tx) => {
			await tx
				.insert(violations)
				.values({ sessionId: session, kind, details: { source: "demo", ...details }, detectedAt: new Date(now) })
			return null
		})
	}
}
