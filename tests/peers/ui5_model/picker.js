// An unchanged CloudFilePicker: what it shows, where it leads, what it makes. Its parts are found by
// its own fields, because it gives most of its controls no id.
window.told = {};

const load = (...modules) =>
  new Promise((resolve, reject) => sap.ui.require(modules, (...found) => resolve(found), reject));
const until = async (what, ready) => {
  for (let tries = 0; tries < 300; tries++) {
    const found = await ready();
    if (found) return found;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not happen`);
};

async function play() {
  const [Picker] = await load('sap/suite/ui/commons/CloudFilePicker');
  const told = window.told;
  const picked = new Promise(resolve => (window.picked = resolve));
  const picker = new Picker({
    serviceUrl: '/fileshare/',
    enableDuplicateCheck: true,
    select: event => window.picked(event.getParameters())
  });
  picker.open();
  const rows = () => picker.oTableControl.getItems().filter(row => row.getBindingContext()?.getObject());
  const cells = row => row.getBindingContext().getObject();
  const shown = () => rows().map(row => cells(row).FileShareItemName);
  const showing = name => until(name, () => !picker.getBusy() && shown().includes(name));
  const press = name => {
    const listItem = rows().find(row => cells(row).FileShareItemName === name);
    picker.oTableControl.fireItemPress({ listItem });
    return listItem;
  };

  await until('file shares', () => picker.oSelectControl.getItems().length && rows().length);
  told.shares = picker.oSelectControl.getItems().map(item => item.getText()).sort();
  const choose = name => {
    const selectedItem = picker.oSelectControl.getItems().find(item => item.getText() === name);
    picker.oSelectControl.setSelectedItem(selectedItem);
    picker.oSelectControl.fireChange({ selectedItem });
  };
  choose('invoices-2026');
  await showing('01');
  told.root = shown();
  press('01');
  await until('the folder', () => rows().some(row => cells(row).FileShareItemKind === 'document'));
  told.folder = rows().map(row => {
    const { FileShareItemName: name, FileShareItemHumanContentType: type } = cells(row);
    return [name, type, row.getCells().at(-1).getText() !== ''];
  });
  told.crumbs = picker.oBreadcrumbLinkControl.getCurrentLocationText();

  const made = new Promise(resolve =>
    picker.oTableControl.getBinding('items').attachEventOnce('createCompleted', resolve));
  picker._createNewFolderInline();
  const input = await until('a suggested name', () => {
    const field = picker.oNewFolderColumnListItem.getCells()[0].getItems()[0];
    return field.getValue() && field;
  });
  told.suggested = input.getValue();
  picker._checkForDuplicateFileAndFolder('Neu', 'invoices-2026', 'folder', '', false)
    .then(found => { told.duplicates = found.value.length; picker._makeNewFolderEntry('Neu'); });
  told.created = (await made).getParameter('success');
  await until('the new folder', () => picker.oBreadcrumbLinkControl.getCurrentLocationText() === 'Neu');

  choose('invoices-2026');
  await showing('01');
  press('01');
  const first = told.folder[0][0];
  await showing(first);
  picker.oTableControl.setSelectedItem(press(first));
  picker._closeDialog();
  const { selectedFiles: [file], selectedFolder } = await picked;
  told.file = [file.getFileShareId(), file.getFileShareItemId(), file.getFileShareItemContentType()];
  told.into = [selectedFolder.getFileShareItemId(), selectedFolder.getIsDocumentCreationAllowed()];
  const content = await fetch(file.getFileShareItemContentLink());
  told.content = [content.status, (await content.arrayBuffer()).byteLength];
}

window.onload = () =>
  sap.ui.require(['sap/ui/core/Core'], core =>
    core.ready().then(play).catch(error => (window.told.failed = String(error.stack ?? error)))
      .finally(() => (window.done = true)));
