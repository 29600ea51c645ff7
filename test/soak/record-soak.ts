/** The last soak in a document: its table, with date and commit, in a part of its own. Pure. */
const PART = /(<!-- recorded by make soak -->\n)([\s\S]*?)(<!-- end of the soak -->)/;

/** `document` with `table` in that part. Throws where it has none. */
export function recordSoakInto(
  document: string,
  table: string,
  { date, commit }: { readonly date: string; readonly commit: string },
): string {
  if (!PART.test(document)) throw new Error('the document has no part for the soak');
  const said = `Measured on ${date}, at ${commit}.`;
  return document.replace(
    PART,
    (_all, open: string, _old, close: string) => `${open}\n${said}\n\n${table}\n\n${close}`,
  );
}
