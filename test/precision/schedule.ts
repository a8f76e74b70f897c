import { type Random, seededRandom } from "../../demo/work/random.ts"
import { HEALTH_DISTURBANCES, HEALTH_INCIDENTS } from "./kinds/health.ts"
import { OBSERVATORY_DISTURBANCES, OBSERVATORY_INCIDENTS } from "./kinds/observatory.ts"
import { SESSION_DISTURBANCES, SESSION_INCIDENTS } from "./kinds/sessions.ts"
import { SLOW_DISTURBANCES, SLOW_INCIDENTS } from "./kinds/slow.ts"
import { HOUR, type Kind, MINUTE, STEP, type World } from "./world.ts"

export const INCIDENTS: readonly Kind[] = [...SESSION_INCIDENTS, ...HEALTH_INCIDENTS, ...OBSERVATORY_INCIDENTS]
const DISTURBANCES: readonly Kind[] = [...SESSION_DISTURBANCES, ...HEALTH_DISTURBANCES, ...OBSERVATORY_DISTURBANCES]

/** How often each kind was played. */
export type Played = ReadonlyMap<Kind, number>

/** Plays quick kinds one after another, a tenth of them while another lasts, and slow ones beside them. */
export function play(world: World, seed: number): Played {
	const end = world.scrapes.start + world.scrapes.count * STEP
	const played = new Map<Kind, number>()
	const quick = deck(seededRandom(seed + 1), [...INCIDENTS, ...DISTURBANCES])
	const slow = deck(seededRandom(seed + 2), [...SLOW_INCIDENTS, ...SLOW_DISTURBANCES])
	const start = (kind: Kind, at: number) => {
		world.begin(`${kind.name} #${(played.get(kind) ?? 0) + 1}`)
		played.set(kind, (played.get(kind) ?? 0) + 1)
		return kind.play(world, at)
	}
	const { random } = world
	const whole = (seconds: number) => Math.round(seconds / STEP) * STEP
	let latest: Kind | undefined
	for (let at = world.scrapes.start + HOUR, until = at; until < end - 4 * HOUR; ) {
		const kind = quick()
		// Two at once, which have nothing to do with each other.
		if (latest && kind.subject !== latest.subject && random.chance(0.1))
			start(kind, whole(random.between(at, Math.max(at, until))))
		else {
			at = until + whole(random.between(8, 30) * MINUTE)
			until = Math.max(until, start(kind, at))
		}
		latest = kind
	}
	for (let at = world.scrapes.start + 26 * HOUR; at < end - 36 * HOUR; )
		at = start(slow(), at) + whole(random.between(1, 6) * HOUR)
	return played
}

/** Each kind once in a random order, again and again. */
function deck(random: Random, kinds: readonly Kind[]): () => Kind {
	let left: Kind[] = []
	return () => {
		if (left.length === 0) left = [...kinds]
		const [kind] = left.splice(random.int(0, left.length - 1), 1)
		if (!kind) throw new Error("a deck without kinds")
		return kind
	}
}
