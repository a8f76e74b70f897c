import { VariableHide, type VariableModel, VariableType } from "@grafana/grafana-foundation-sdk/dashboard"

/** A field at the top of a board: for text, or for one of some values, the first of which is the initial one. */
export interface BoardVariable {
	readonly name: string
	readonly label: string
	readonly values?: readonly string[]
}

/** The variable within a statement, as a quoted text of SQL; empty where a person entered nothing. */
export const sqlText = (name: string): string => `\${${name}:sqlstring}`

/** The variable as Grafana imports it. */
export function variableModel({ name, label, values }: BoardVariable): VariableModel {
	const option = (value: string, index: number) => ({ text: value, value, selected: index === 0 })
	const options = (values ?? [""]).map(option)
	const [current = option("", 0)] = options
	return {
		type: values === undefined ? VariableType.Textbox : VariableType.Custom,
		name,
		label,
		query: (values ?? []).join(","),
		hide: VariableHide.DontHide,
		skipUrlSync: false,
		multi: false,
		includeAll: false,
		allowCustomValue: false,
		current,
		options,
	}
}
