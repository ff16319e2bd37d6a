//! Assembles the console's files: bindings for the wasm, one stylesheet, fonts and icons; each named by the hash of its
//! content and stored beside its brotli and gzip forms. `site.rs`, written last, is the manifest the server compiles in.
use crate::{Result, css};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, fs, io::Write as _, path::Path};

/// One file of the site under its public name.
struct Asset {
    name: String,
    kind: &'static str,
    compressed: bool,
}

pub fn assemble(wasm: &Path, out: &Path) -> Result<()> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    let assets = out.join("assets");
    fs::create_dir_all(&assets)?;
    let mut all = Vec::new();
    let script = bindings(wasm, &assets, &mut all)?;

    let mut style = css::bundle(Path::new("style"))?;
    let mut preload = String::new();
    for font in ["inter", "jetbrains-mono"] {
        let file = format!("{font}.woff2");
        let name = store(&assets, &mut all, font, "woff2", &read(&format!("public/fonts/{file}"))?)?;
        if font == "inter" {
            preload.clone_from(&name);
        }
        style = style.replace(&format!("url(\"{file}\")"), &format!("url(\"/assets/{name}\")"));
    }
    if style.contains(".woff2\")") && !style.contains("/assets/inter-") {
        return Err("style/base.css names a font that public/fonts does not hold".into());
    }
    let style = store(&assets, &mut all, "style", "css", style.as_bytes())?;
    let icons = store(&assets, &mut all, "icons", "svg", &read("public/icons.svg")?)?;
    let favicon = store(&assets, &mut all, "favicon", "svg", &read("public/favicon.svg")?)?;

    let mut text = String::from("// The site as assembled by xtask; paths are relative to this file.\nSite {\n");
    for (role, name) in
        [("script", &script), ("style", &style), ("icons", &icons), ("favicon", &favicon), ("font", &preload)]
    {
        writeln!(text, "    {role}: Some({name:?}),")?;
    }
    text += "    files: &[\n";
    for Asset { name, kind, compressed } in &all {
        let form = |suffix: &str| {
            if *compressed { format!("Some(include_bytes!(\"assets/{name}.{suffix}\"))") } else { "None".into() }
        };
        writeln!(
            text,
            "        File {{ name: {name:?}, kind: {kind:?}, plain: include_bytes!(\"assets/{name}\"), br: {}, gz: {} }},",
            form("br"),
            form("gz")
        )?;
    }
    text += "    ],\n}\n";
    fs::write(out.join("site.rs"), text)?;
    println!("{} files in {}", all.len(), out.display());
    Ok(())
}

/// Runs wasm-bindgen and returns the stem both files share, `app-<hash>`: leptos derives `.js` and `_bg.wasm` from it.
fn bindings(wasm: &Path, assets: &Path, all: &mut Vec<Asset>) -> Result<String> {
    if !wasm.exists() {
        return Err(format!("{}: no such file; compile the browser half first", wasm.display()).into());
    }
    let scratch = assets.join("bindgen");
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .out_name("app")
        .typescript(false)
        .debug(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        .generate(&scratch)?;
    let script = fs::read(scratch.join("app.js"))?;
    let module = fs::read(scratch.join("app_bg.wasm"))?;
    if scratch.join("snippets").exists() {
        return Err("a crate brings its own script files (snippets), which the site does not serve".into());
    }
    fs::remove_dir_all(&scratch)?;
    let stem = format!("app-{}", hash(&[&script, &module]));
    put(assets, all, format!("{stem}.js"), &script)?;
    put(assets, all, format!("{stem}_bg.wasm"), &module)?;
    Ok(stem)
}

fn store(assets: &Path, all: &mut Vec<Asset>, stem: &str, suffix: &str, bytes: &[u8]) -> Result<String> {
    let name = format!("{stem}-{}.{suffix}", hash(&[bytes]));
    put(assets, all, name.clone(), bytes)?;
    Ok(name)
}

fn put(assets: &Path, all: &mut Vec<Asset>, name: String, bytes: &[u8]) -> Result<()> {
    let kind = match name.rsplit_once('.').map(|(_, suffix)| suffix) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => return Err(format!("{name}: no content type is known for it").into()),
    };
    let path = assets.join(&name);
    fs::write(&path, bytes)?;
    // a woff2 is brotli inside already
    let compressed = kind != "font/woff2";
    if compressed {
        fs::write(assets.join(format!("{name}.br")), brotli(bytes)?)?;
        fs::write(assets.join(format!("{name}.gz")), gzip(bytes)?)?;
    }
    all.push(Asset { name, kind, compressed });
    Ok(())
}

fn read(path: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|e| format!("{path}: {e}").into())
}

fn hash(parts: &[&[u8]]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(part);
    }
    sha.finalize().iter().take(6).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters)?;
    Ok(out)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
