//! The styles: many small files become one.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{BundleErrorKind, Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};

use crate::place;

/// Follows the `@import`s of `entry` and returns one minified sheet.
///
/// # Errors
/// When a file is missing or is not valid CSS; the message names file, line and column.
pub fn bundle(entry: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(entry).map_err(|error| {
        let place = error.loc.as_ref().map_or_else(
            || place::shown(entry),
            // Lines are counted from 0 there, columns from 1.
            |loc| {
                let file = place::shown(Path::new(&loc.filename));
                format!("{file}:{}:{}", loc.line + 1, loc.column)
            },
        );
        match error.kind {
            BundleErrorKind::ResolverError(cause) => {
                anyhow!("{place}: what is imported here is unreadable: {cause}")
            }
            kind => anyhow!("{place}: {kind}"),
        }
    })?;
    sheet
        .minify(MinifyOptions::default())
        .map_err(|error| anyhow!("the styles: {error}"))?;
    let printer = PrinterOptions {
        minify: true,
        ..PrinterOptions::default()
    };
    let printed = sheet
        .to_css(printer)
        .map_err(|error| anyhow!("the styles: {error}"))?;
    Ok(printed.code)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::bundle;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("style-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn imported_files_are_put_into_their_layer() {
        let folder = folder("layer");
        fs::write(folder.join("base.css"), "p { color: red; }").unwrap();
        fs::write(
            folder.join("main.css"),
            "@layer base, pages;\n@import \"base.css\" layer(base);",
        )
        .unwrap();
        let css = bundle(&folder.join("main.css")).unwrap();
        assert_eq!(css, "@layer base{p{color:red}}@layer pages;");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_import_that_leads_nowhere_is_named_with_its_line() {
        let folder = folder("missing");
        fs::write(folder.join("main.css"), "\n@import \"nowhere.css\";").unwrap();
        let message = bundle(&folder.join("main.css")).unwrap_err().to_string();
        assert!(
            message.contains("main.css:2:1: what is imported here"),
            "{message}"
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
