import { parse } from "yaml"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { ROLES } from "../kit/board.ts"
import type { Role } from "./map.ts"

/** People by role, as logins or mail addresses. The teams of other roles keep their members. */
export type Members = Readonly<Partial<Record<Role, readonly string[]>>>

const schema = z.partialRecord(z.enum(ROLES), z.array(z.string().min(1)))

/** Reads the text of a members' file. @throws ObservatoryError `config_invalid` */
export function parseMembers(text: string, file: string): Members {
	const advice = `It maps ${ROLES.join(", ")} to lists of logins or mail addresses, in YAML.`
	try {
		return schema.parse(parse(text) ?? {})
	} catch (error) {
		const problems = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)
		throw new ObservatoryError("config_invalid", `${file} cannot be read: ${problems}`, { advice, cause: error })
	}
}
