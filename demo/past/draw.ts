import type { Random } from "../work/random.ts"

/** A number of independent events of which `mean` are expected. */
export function poisson(random: Random, mean: number): number {
	if (mean <= 0) return 0
	if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)))
	const limit = Math.exp(-mean)
	let count = 0
	for (let product = random.next(); product > limit; product *= random.next()) count += 1
	return count
}

/** How many of `count` events happen that each have this probability. */
export function binomial(random: Random, count: number, probability: number): number {
	if (count > 40) return Math.min(count, poisson(random, count * probability))
	let happened = 0
	for (let i = 0; i < count; i++) if (random.chance(probability)) happened += 1
	return happened
}

/** A value with this mean; `spread` is the deviation of its logarithm. */
export const logNormal = (random: Random, mean: number, spread: number): number =>
	mean * Math.exp(spread * normal(random) - (spread * spread) / 2)

function normal(random: Random): number {
	return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
