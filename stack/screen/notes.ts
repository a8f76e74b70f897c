import { type Plan, urlsOf } from "../system/plan.ts"

/** What a person may want to do next. */
export function notesFor(plan: Plan): string[] {
	const urls = urlsOf(plan.settings)
	const notes = [`Console  ${urls.webhook}  sign in with the token in ${plan.webhookToken.file}`]
	if (plan.demo) notes.push("What you see is demo data, until a real system is connected (see the README).")
	notes.push("Break something:  npm start -- break postgres    and repair it:  npm start -- repair postgres")
	notes.push(`Logs  ${plan.home.logs}    Stop everything  Ctrl-C`)
	return notes
}
