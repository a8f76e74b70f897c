import { z } from "zod"
import type { Targets } from "./view.ts"

const answerSchema = z.object({
	data: z.object({
		activeTargets: z.array(
			z.object({ labels: z.object({ job: z.string() }), health: z.string(), lastError: z.string().default("") }),
		),
	}),
})

/** Reads Prometheus' scrape targets; undefined when it does not answer. */
export async function askTargets(prometheus: string): Promise<Targets | undefined> {
	try {
		const response = await fetch(`${prometheus}/api/v1/targets?state=active`, { signal: AbortSignal.timeout(2_000) })
		return countTargets(await response.json())
	} catch {
		// Prometheus has its own line on the screen, which reports the failure.
		return undefined
	}
}

/** Counts the targets of an answer of `/api/v1/targets`. */
export function countTargets(answer: unknown): Targets {
	const { activeTargets } = answerSchema.parse(answer).data
	const inState = (state: string) => activeTargets.filter(({ health }) => health === state)
	return {
		up: inState("up").length,
		total: activeTargets.length,
		waiting: inState("unknown").map(({ labels }) => labels.job),
		down: inState("down").map(({ labels, lastError }) => `${labels.job}: ${lastError}`),
	}
}
