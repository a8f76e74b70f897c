/** The address of the observatory's OTLP receiver. */
export interface ObservatoryAddress {
	/** Default `http://127.0.0.1:4318`. */
	readonly url?: string
	/** For a proxy in front of the receiver that asks for them. */
	readonly headers?: Readonly<Record<string, string>>
}

export const endpoint = ({ url = "http://127.0.0.1:4318" }: ObservatoryAddress, signal: "traces" | "metrics"): string =>
	`${url.replace(/\/+$/, "")}/v1/${signal}`
