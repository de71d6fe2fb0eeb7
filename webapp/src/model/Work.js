// What is done to many objects, or to all in a folder: one call after the other, each of which
// tells how far it got and where to go on.
sap.ui.define(["./Problem", "./paths"], function (Problem, paths) {
  "use strict";

  const NAMESPACE = "CatalogService";

  /** Whoever acts on what he looks at names its tag: a change of somebody else comes to light. */
  function unchanged({ etag }) {
    return etag ? { "If-Match": etag } : {};
  }

  class Work {
    #service;
    #bucket;
    #tell;
    #stopped = false;

    /** So far. */
    objects = 0;
    bytes = 0;
    failures = [];
    /** The keys of rows that are done with, without a failure. */
    done = new Set();

    /**
     * @param {s3catalog.model.Service} service
     * @param {string} bucket in which the objects lie
     * @param {function} tell is called with this whenever something was done
     */
    constructor(service, bucket, tell) {
      this.#service = service;
      this.#bucket = bucket;
      this.#tell = tell;
    }

    get stopped() {
      return this.#stopped;
    }

    /** What is under way is ended by the service; nothing more is begun. */
    stop() {
      this.#stopped = true;
    }

    /** Counts objects and bytes. */
    summary(rows) {
      return this.#each(rows, async (row) => {
        if (!row.isFolder) {
          this.#add({ objects: 1, bytes: Number(row.size ?? 0) });
          return;
        }
        const call = `${paths.object(this.#bucket, row.objectKey)}/${NAMESPACE}.summary`;
        await this.#loop((after) => this.#service.get(
          after === null ? `${call}()` : `${call}(after=${paths.literal(after)})`,
        ));
      });
    }

    remove(rows) {
      return this.#each(rows, async (row) => {
        if (row.isFolder) {
          await this.#act(row, "deleteFolder", {});
        } else {
          await this.#service.change("DELETE", paths.object(this.#bucket, row.objectKey), undefined, unchanged(row));
          this.#add({ objects: 1, bytes: Number(row.size ?? 0) });
        }
      });
    }

    undelete(rows) {
      return this.#each(rows, async (row) => {
        const path = `${paths.object(this.#bucket, row.objectKey)}/${NAMESPACE}.undelete`;
        await this.#service.change("POST", path, {});
        this.#add({ objects: 1, bytes: 0 });
      });
    }

    /**
     * Copies or moves.
     * @param {string} action "copy" or "move"
     * @param {function} targetOf key of what a row becomes
     */
    transfer(rows, action, { bucket, targetOf, overwrite }) {
      return this.#each(rows, (row) => this.#act(row, action, {
        targetBucket: bucket, targetKey: targetOf(row), overwrite,
      }));
    }

    #act(row, action, parameters) {
      const path = `${paths.object(this.#bucket, row.objectKey)}/${NAMESPACE}.${action}`;
      return this.#loop(async (after) => {
        const body = after === null ? parameters : { ...parameters, after };
        const { content, correlationId } = await this.#service.call("POST", path, body, unchanged(row));
        content?.failures?.forEach((failure) => Object.assign(failure, { correlationId }));
        return content;
      });
    }

    async #loop(call) {
      let after = null;
      do {
        const answer = await call(after);
        this.#add(answer);
        after = answer?.next ?? null;
      } while (after !== null && !this.#stopped);
    }

    /** One object's failure is no reason to leave the others, if there are some; a failure of all is. */
    async #each(rows, act) {
      for (const row of rows) {
        if (this.#stopped) {
          break;
        }
        const { length } = this.failures;
        try {
          await act(row);
          if (this.failures.length === length) {
            this.done.add(row.objectKey);
          }
        } catch (error) {
          const problem = Problem.of(error);
          if (rows.length > 1 && ["NotFound", "Conflict", "PreconditionFailed", "StorageDenied", "Archived"].includes(problem.code)) {
            const { code, serviceText: message, correlationId } = problem;
            this.#add({ failures: [{ objectKey: row.objectKey, code, message, correlationId }] });
          } else {
            throw problem;
          }
        }
      }
      return this;
    }

    #add({ objects = 0, bytes = 0, failures = [] }) {
      this.objects += Number(objects);
      this.bytes += Number(bytes);
      this.failures.push(...failures);
      this.#tell(this);
    }
  }

  return Work;
});
