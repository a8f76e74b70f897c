import { CRASH_POINTS, type Crash, type CrashPoint } from "../../../alert-webhook/domain/crash-points.ts"
import type { Random } from "./stories.ts"

/** After so many kills beyond the wanted number, the steps that were never reached are not waited for. */
const PATIENCE = 3 * CRASH_POINTS.length

/** Which process dies where: every step in turn, and as often as is wanted in all. */
export class Trials {
	readonly #wanted: number
	readonly #random: Random
	readonly #deaths = new Map<CrashPoint, number>(CRASH_POINTS.map((step) => [step, 0]))
	#turn = 0
	/** Processes that were started to die at a step, did not come to it in time, and were killed from outside. */
	fromOutside = 0
	/** Processes that were killed before they listened. */
	whileStarting = 0

	constructor(wanted: number, random: Random) {
		this.#wanted = wanted
		this.#random = random
	}

	/** How often a process has died at each step. */
	get deaths(): ReadonlyMap<CrashPoint, number> {
		return this.#deaths
	}

	/** Steps that no process has died at. */
	get untried(): readonly CrashPoint[] {
		return CRASH_POINTS.filter((step) => this.#deaths.get(step) === 0)
	}

	get kills(): number {
		return [...this.#deaths.values()].reduce((sum, n) => sum + n, this.fromOutside + this.whileStarting)
	}

	get enough(): boolean {
		return this.kills >= this.#wanted && (this.untried.length === 0 || this.kills >= this.#wanted + PATIENCE)
	}

	/** Whichever is next; once there were enough, those that are missing. */
	next(): Crash {
		const left = this.kills >= this.#wanted ? this.untried : CRASH_POINTS
		const step = left[this.#turn++ % left.length] ?? CRASH_POINTS[0]
		// A step that no process has reached is not made any harder to reach.
		const passing = this.#deaths.get(step) === 0 ? 1 : 1 + Math.floor(this.#random() * 3)
		return { point: step, passing }
	}

	died({ point: step }: Crash): void {
		this.#deaths.set(step, (this.#deaths.get(step) ?? 0) + 1)
	}
}
