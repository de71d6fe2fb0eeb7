// A folder of objects for scenarios of lists, and what they look at in its list.

export const BUCKET = "invoices-2026";
export const STRANGE = "100% Ünïcode #1 a+b & c's (d), e=f;g@h!.txt";

export async function fill(scene, folder) {
  await scene.put(BUCKET, `${folder}a.txt`, "first");
  await scene.put(BUCKET, `${folder}B.csv`, "x,y\n1,2\n", "text/csv");
  await scene.put(BUCKET, `${folder}deep/er/c.txt`, "third");
  await scene.put(BUCKET, `${folder}50% off & more/${STRANGE}`, "strange");
}

/** The address of a folder in the page; the hash is decoded twice. */
export const placeOf = (bucket, folder) => `bucket/${bucket}/${encodeURIComponent(encodeURIComponent(folder))}`;

export const names = (page, column) => page.locator(`[id$=${column}Column] tbody tr .named`).allInnerTexts();

/** A choice in a settings dialog. */
export const choice = (page, text) => page.getByRole("dialog").getByRole("listitem").getByText(text, { exact: true }).last();
