/** US dollars per million tokens, list price. */
interface Price {
	readonly input: number
	readonly output: number
	readonly cacheRead: number
	readonly cacheCreation: number
}

const PRICES = {
	"claude-haiku-4-5": { input: 1, output: 5, cacheRead: 0.1, cacheCreation: 1.25 },
	"claude-sonnet-4-5": { input: 3, output: 15, cacheRead: 0.3, cacheCreation: 3.75 },
	"claude-opus-4-5": { input: 5, output: 25, cacheRead: 0.5, cacheCreation: 6.25 },
} as const satisfies Record<string, Price>

export type Model = keyof typeof PRICES

export interface Usage {
	readonly input: number
	readonly output: number
	readonly cacheRead: number
	readonly cacheCreation: number
}

export const tokensOf = (usage: Usage) => usage.input + usage.output + usage.cacheRead + usage.cacheCreation

/** US dollars, to a millionth. */
export function costOf(model: Model, usage: Usage): number {
	const price = PRICES[model]
	// Tokens times dollars per million tokens is millionths of a dollar.
	const millionths =
		usage.input * price.input +
		usage.output * price.output +
		usage.cacheRead * price.cacheRead +
		usage.cacheCreation * price.cacheCreation
	return Math.round(millionths) / 1_000_000
}
