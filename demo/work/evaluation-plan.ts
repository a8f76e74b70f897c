import { costOf, type Model, type Usage } from "./models.ts"
import type { Random } from "./random.ts"
import { pickModel, planUsage } from "./session-plan.ts"

/** One exercise of an evaluation run. */
export interface TaskPlan {
	readonly language: "go" | "java" | "javascript" | "python" | "rust"
	readonly exercise: string
	readonly passes: boolean
	readonly calls: number
	readonly usage: Usage
	readonly costUsd: number
}

export interface RunPlan {
	readonly model: Model
	readonly tasks: readonly TaskPlan[]
}

const LANGUAGES = ["go", "java", "javascript", "python", "rust"] as const
const EXERCISES = ["two-bucket", "word-search", "bowling", "react", "forth", "zebra-puzzle"] as const

/** A small evaluation run. Exercise names start with `demo/`, because the tables have no column for a source. */
export function planRun(random: Random, fails: () => boolean): RunPlan {
	const model = pickModel(random)
	const language = random.pick(LANGUAGES)
	const skip = random.int(0, EXERCISES.length - 1)
	const tasks = Array.from({ length: random.int(2, 3) }, (_, index): TaskPlan => {
		const usage = planUsage(random)
		return {
			language,
			exercise: `demo/${EXERCISES[(skip + index) % EXERCISES.length]}`,
			passes: !fails(),
			calls: random.int(2, 4),
			usage,
			costUsd: costOf(model, usage),
		}
	})
	return { model, tasks }
}

/** The observer's insight into a run, with optional advice or an anomaly. */
export interface Observation {
	readonly category: "performance" | "quality" | "efficiency" | "reliability"
	readonly confidence: number
	readonly anomaly: boolean
	readonly advice: "adjust_concurrency" | "switch_server" | "pause_task" | undefined
}

export function planObservation(random: Random): Observation | undefined {
	if (random.chance(0.3)) return undefined
	return {
		category: random.pick(["performance", "quality", "efficiency", "reliability"]),
		confidence: Math.round(random.between(0.5, 0.97) * 100) / 100,
		anomaly: random.chance(0.2),
		advice: random.chance(0.4) ? random.pick(["adjust_concurrency", "switch_server", "pause_task"]) : undefined,
	}
}
