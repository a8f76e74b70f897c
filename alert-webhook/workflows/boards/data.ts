/** A series of a panel, with the query that it is of. */
export interface Series {
	readonly refId: string
	/** Its legend. */
	readonly name: string
	readonly points: readonly { readonly at: number; readonly value: number }[]
}

export interface Column {
	readonly name: string
	readonly refId: string
}

/** An alert that fires or is pending. */
export interface ListedAlert {
	readonly labels: Readonly<Record<string, string>>
	readonly state: string
	/** Since when its condition is true, in milliseconds. */
	readonly since: number | undefined
}

/** The data of a panel, or the reason why there is none. */
export type PanelData =
	| {
			readonly kind: "series"
			readonly series: readonly Series[]
			/** The number of series that are left out. */
			readonly dropped: number
			readonly from: number
			readonly to: number
			readonly step: number
	  }
	| { readonly kind: "table"; readonly columns: readonly Column[]; readonly rows: readonly (readonly unknown[])[] }
	| { readonly kind: "alerts"; readonly alerts: readonly ListedAlert[] }
	| { readonly kind: "none" }
	/** A query failed. */
	| { readonly kind: "problem"; readonly message: string; readonly advice: string }
	/** The console cannot show this; Grafana can. */
	| { readonly kind: "elsewhere"; readonly reason: string }
