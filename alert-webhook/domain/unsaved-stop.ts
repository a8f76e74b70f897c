/** An emergency stop that a person or an action asked for, until the observatory database has it. */
export interface StopRequest {
	readonly by: { readonly actor: string; readonly address: string | null; readonly tokenId?: number | null }
	readonly reason: string
	readonly incidentId?: number | undefined
	/** Milliseconds since the epoch. */
	readonly at: number
}

/**
 * The emergency stop that is not in the database yet. It is active from the moment it is asked for: a database that
 * cannot write, such as one on a full disk, delays the record and not the stop.
 */
export class UnsavedStop {
	#current: StopRequest | undefined
	#changes = 0

	get current(): StopRequest | undefined {
		return this.#current
	}

	/** Grows with each change, so that a reader knows whether what it has read is still true. */
	get changes(): number {
		return this.#changes
	}

	begin(request: StopRequest): void {
		this.#current ??= request
		this.#changes += 1
	}

	/** The database has it. */
	end(): void {
		this.#current = undefined
		this.#changes += 1
	}
}
