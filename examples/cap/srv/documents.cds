using { CatalogService } from './external/CatalogService';

// What users of this application see of the catalogue: less than there is, and read only.
@path: '/documents'
@requires: 'authenticated-user'
service Documents {
  @readonly
  entity Buckets as projection on CatalogService.Buckets { id, name, created, region };

  @readonly
  entity Objects as projection on CatalogService.Objects {
    bucket_id, objectKey, name, folder, size, lastModified, contentType, content
  };
}
