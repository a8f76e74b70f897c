/** One value of a series. `at` in milliseconds since the epoch. */
export interface Point {
	readonly at: number
	readonly value: number
}
