const cds = require('@sap/cds')

const quoted = text => `'${encodeURIComponent(text).replaceAll("'", "''")}'`

module.exports = class Documents extends cds.ApplicationService {
  async init() {
    const catalog = await cds.connect.to('CatalogService')
    const content = await cds.connect.to('CatalogContent')

    // Content is not selected, it has an address. Of cap's clients only the one for REST hands on a
    // stream; cap pipes it and never holds all of it.
    this.on('READ', 'Objects', async (request, next) => {
      if (request.query.SELECT.columns?.[0]?.ref?.[0] !== 'content') return next()
      const { bucket_id, objectKey } = request.data
      const path = `/Buckets(${quoted(bucket_id)})/objects(${quoted(objectKey)})/content`
      const headers = { accept: 'application/octet-stream, */*' }
      const value = await asked(request, content.send({ method: 'GET', path, headers }))
      // with a name it is saved by browsers, not shown: it may be a page with somebody's script
      return { value, filename: objectKey.split('/').at(-1) }
    })

    // filters, pages and keys go to the catalogue as they came, with the user's own token
    this.on('READ', ['Buckets', 'Objects'], request => asked(request, catalog.run(request.query)))
    return super.init()
  }
}

/** What the catalogue refuses is refused with its own status; cap would call all of it 502. */
async function asked(request, answer) {
  try {
    return await answer
  } catch (error) {
    const status = error.reason?.response?.status
    if (status >= 400 && status < 500) return request.reject(status, error.message)
    throw error
  }
}
