use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use sandbox::Core;
use sandbox::front_door::{FrontDoor, Page};
use sandbox::identity::Identity;

/// A repository with a built page, and the front door that serves it.
struct Setup {
    folder: PathBuf,
    door: FrontDoor,
    http: Client,
    cookie: String,
}

impl Drop for Setup {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Setup {
    async fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder =
            std::env::temp_dir().join(format!("sandbox-page-{name}-{}", std::process::id()));
        let headers = r#"{"responseHeaders": [{"name": "X-From-File", "value": "yes"}]}"#;
        let plain = [
            ("webapp/simple.html", "plain"),
            ("webapp/simple.css", "p{}"),
        ];
        for (file, text) in [("approuter/xs-app.json", headers)]
            .iter()
            .chain(&plain)
            .chain(files)
        {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let core = Core::new().unwrap();
        let identity = Identity::start(&core).await.unwrap();
        let page = Page::of(&folder).unwrap();
        let door = FrontDoor::start(&core, &identity, 0, "http://127.0.0.1:1", page);
        let door = door.await.unwrap();
        let http = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let login = http
            .post(format!("{}/login", door.url()))
            .form(&[("user", "viewer")]);
        let login = login.send().await.unwrap();
        let cookie = login.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self {
            folder,
            door,
            http,
            cookie,
        }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = self.http.get(format!("{}{path}", self.door.url()));
        let request = request.header("cookie", &self.cookie);
        let add = |request: reqwest::RequestBuilder, (name, value): &(&str, &str)| {
            request.header(*name, *value)
        };
        headers.iter().fold(request, add).send().await.unwrap()
    }

    async fn text(&self, path: &str) -> String {
        self.get(path, &[]).await.text().await.unwrap()
    }
}

const BUILT: &[(&str, &str)] = &[
    ("webapp/dist/index.html", "built"),
    ("webapp/dist/Component-preload.js", "script"),
    ("webapp/dist/Component-preload.js.gz", "packed script"),
    ("webapp/dist/i18n/i18n_de.properties", "a=ü"),
    ("webapp/dist/.hidden", "hidden"),
    ("webapp/secret.js", "secret"),
];

#[tokio::test]
async fn the_built_page_is_served_and_the_plain_one_beside_it() {
    let setup = Setup::new("built", BUILT).await;
    for (path, expected) in [
        ("/", "built"),
        ("/index.html", "built"),
        ("/simple.html", "plain"),
        ("/Component-preload.js", "script"),
        ("/i18n%2Fi18n_de.properties", "a=ü"),
    ] {
        assert_eq!(setup.text(path).await, expected, "{path}");
    }
    let script = setup.get("/Component-preload.js", &[]).await;
    assert_eq!(
        script.headers()["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(script.headers()["x-from-file"], "yes");
    assert_eq!(script.headers()["cache-control"], "no-cache");
}

#[tokio::test]
async fn without_a_build_the_plain_page_stands_in() {
    let setup = Setup::new("plain", &[]).await;
    for path in ["/", "/index.html", "/simple.html"] {
        assert_eq!(setup.text(path).await, "plain", "{path}");
    }
    assert_eq!(setup.get("/Component-preload.js", &[]).await.status(), 404);
}

#[tokio::test]
async fn nothing_but_the_page_is_served() {
    let setup = Setup::new("safe", BUILT).await;
    symlink(
        setup.folder.join("webapp/secret.js"),
        setup.folder.join("webapp/dist/link.js"),
    )
    .unwrap();
    for path in [
        "/secret.js",
        "/link.js",
        "/.hidden",
        "/%2e%2e/secret.js",
        "/..%2fsecret.js",
        "/i18n/..%5c..%5csecret.js",
        "/i18n",
        "/i18n/",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/Component-preload.js%00.html",
        "/%ff",
    ] {
        assert_eq!(setup.get(path, &[]).await.status(), 404, "{path}");
    }
    let deleted = setup
        .http
        .delete(format!("{}/index.html", setup.door.url()));
    assert_eq!(deleted.send().await.unwrap().status(), 405);
    assert!(Path::new(&setup.folder.join("webapp/dist/index.html")).exists());
}

#[tokio::test]
async fn pages_are_for_who_is_signed_in() {
    let setup = Setup::new("guests", BUILT).await;
    for path in ["/", "/index.html?sap-language=de", "/simple.html"] {
        let page = setup.http.get(format!("{}{path}", setup.door.url()));
        let page = page.send().await.unwrap();
        assert_eq!(page.status(), 303, "{path}");
        assert!(
            page.headers()["location"]
                .to_str()
                .unwrap()
                .starts_with("/login?next=%2F")
        );
    }
}

#[tokio::test]
async fn the_packed_file_goes_to_who_takes_it() {
    let setup = Setup::new("packed", BUILT).await;
    for (accepted, packed) in [
        ("gzip, br", true),
        ("br;q=1, GZIP;q=0.5", true),
        ("gzip;q=0", false),
        ("br", false),
    ] {
        let answer = setup
            .get("/Component-preload.js", &[("accept-encoding", accepted)])
            .await;
        assert_eq!(
            answer.headers().contains_key("content-encoding"),
            packed,
            "{accepted}"
        );
        assert_eq!(answer.headers()["vary"], "accept-encoding");
        let expected = if packed { "packed script" } else { "script" };
        assert_eq!(answer.text().await.unwrap(), expected, "{accepted}");
    }
    let other = setup
        .get("/index.html", &[("accept-encoding", "gzip")])
        .await;
    assert!(!other.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let setup = Setup::new("known", BUILT).await;
    let path = "/Component-preload.js";
    let tag = async |headers: &[(&str, &str)]| {
        let answer = setup.get(path, headers).await;
        answer.headers()["etag"].to_str().unwrap().to_owned()
    };
    let plain = tag(&[]).await;
    assert_ne!(tag(&[("accept-encoding", "gzip")]).await, plain);
    for known in [plain.clone(), format!("\"x\", W/{plain}"), "*".to_owned()] {
        let answer = setup.get(path, &[("if-none-match", &known)]).await;
        assert_eq!(answer.status(), 304, "{known}");
        assert_eq!(answer.text().await.unwrap(), "");
    }
    assert_eq!(
        setup
            .get(path, &[("if-none-match", "\"x\"")])
            .await
            .status(),
        200
    );
    fs::write(
        setup.folder.join("webapp/dist/Component-preload.js"),
        "changed",
    )
    .unwrap();
    assert_eq!(
        setup.get(path, &[("if-none-match", &plain)]).await.status(),
        200
    );
}

#[tokio::test]
async fn what_a_clone_has_packed_only_is_sent_to_everybody() {
    let setup = Setup::new("half-packed", &[]).await;
    let packed = |text: &str| {
        let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    };
    let dist = setup.folder.join("webapp/dist");
    fs::create_dir_all(&dist).unwrap();
    fs::write(dist.join("index.html.gz"), packed("built")).unwrap();
    assert_eq!(setup.text("/").await, "built");
    let takes_gzip = setup.get("/", &[("accept-encoding", "gzip")]).await;
    assert_eq!(takes_gzip.headers()["content-encoding"], "gzip");
    assert_eq!(
        takes_gzip.headers()["content-type"],
        "text/html; charset=utf-8"
    );
    assert_eq!(takes_gzip.bytes().await.unwrap(), packed("built"));
}
