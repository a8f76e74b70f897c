/** A limit at the model's side. `absent`: none is configured, which is not the same as one without an amount. */
export type Limit = { readonly absent: true } | { readonly absent?: false; readonly amount: unknown }

/**
 * Something at the model's side that no hook and no option of a session can bypass: at a limit of zero the next model
 * call is refused.
 */
export interface Brake {
	readonly name: string
	/** The limit's place, for plans and problems. */
	readonly place: string
	/** The limit at which no model call is permitted. */
	readonly closed: Limit
	/** @throws ObservatoryError */
	read(signal: AbortSignal): Promise<Limit>
	/** @throws ObservatoryError */
	write(limit: Limit, signal: AbortSignal): Promise<void>
}
