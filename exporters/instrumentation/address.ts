/** Where the observatory's OTLP receiver is. */
export interface ObservatoryAddress {
	/** `http://127.0.0.1:4318` when not given. */
	readonly url?: string
	/** For a proxy in front of the receiver that asks for them. */
	readonly headers?: Readonly<Record<string, string>>
}

export const endpoint = ({ url = "http://127.0.0.1:4318" }: ObservatoryAddress, signal: "traces" | "metrics"): string =>
	`${url.replace(/\/+$/, "")}/v1/${signal}`
