//! Leaving out what a page never calls, though the compiler cannot know.
//!
//! A Leptos view behind `AnyView` keeps a function for every way in which the browser may take it
//! over. One of them waits for code that is loaded later, part by part. Our pages are loaded whole
//! (`frontend/src/lib.rs` calls `hydrate_body`), so it is never called; but since it lies in a
//! table, it and everything that only it calls would be shipped: one byte of sixteen.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use walrus::{FunctionId, FunctionKind, Module, ModuleConfig};

use crate::program;

/// What makes such a task; the task itself is the closure in it. Each names a type or a line of
/// its own in its code, so none can be one function with something that is called.
const NEVER_CALLED: &str = " as tachys::view::any_view::IntoAny>::into_any::hydrate_async";

/// Reads the module that cargo left and empties what is never called. What was reachable from
/// there only falls away when the module is bound. A call would stop the page with `unreachable`.
///
/// # Errors
/// When the module is unreadable.
pub fn trimmed(module: &Path) -> Result<Module> {
    let bytes = fs::read(module)?;
    let mut module = ModuleConfig::new()
        // What the compiler writes is valid.
        .strict_validate(false)
        // A third of the module, and a panic names its file and line without them.
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse(&bytes)
        .context("what cargo left is no WebAssembly")?;
    let never_called = never_called(&module);
    if never_called.is_empty() {
        program::say("nothing to trim: xtask/src/site/trim.rs does not fit this Leptos");
    }
    for function in never_called {
        if let FunctionKind::Local(body) = &mut module.funcs.get_mut(function).kind {
            let mut body = body.builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        }
    }
    Ok(module)
}

fn never_called(module: &Module) -> Vec<FunctionId> {
    let named = module.funcs.iter().filter(|function| {
        let name = function.name.as_deref();
        // The alternate form is without the hash at the end.
        name.is_some_and(|name| is_never_called(&format!("{:#}", rustc_demangle::demangle(name))))
    });
    named.map(|function| function.id()).collect()
}

/// Whether a function is one of those, and not one that only has to do with them, such as what
/// frees a task: that may be one function with others.
fn is_never_called(name: &str) -> bool {
    let Some((owner, rest)) = name.split_once(NEVER_CALLED) else {
        return false;
    };
    // Newer compilers write the type out, and number closures.
    let closures = ["::{{closure}}", "::{closure#0}"];
    let rest = closures
        .iter()
        .find_map(|closure| rest.strip_suffix(closure))
        .unwrap_or(rest);
    let is_typed = rest.starts_with("::<") && rest.ends_with('>');
    owner.starts_with('<') && (rest.is_empty() || is_typed)
}

#[cfg(test)]
mod tests {
    use super::is_never_called;

    #[test]
    fn only_what_takes_a_view_over_later_is_emptied() {
        let owner = "<T as tachys::view::any_view::IntoAny>::into_any";
        let task = format!("{owner}::hydrate_async::{{{{closure}}}}");
        let newer = "<a::B as tachys::view::any_view::IntoAny>::into_any::hydrate_async::<a::B>";
        let emptied = [
            format!("{owner}::hydrate_async"),
            task.clone(),
            newer.to_owned(),
            format!("{newer}::{{closure#0}}"),
        ];
        for name in emptied {
            assert!(is_never_called(&name), "{name}");
        }
        let kept = [
            format!("{owner}::hydrate_from_server"),
            format!("{owner}::build"),
            format!("core::ptr::drop_in_place<{task}>"),
            format!("{task}::{{{{closure}}}}"),
            "<V as tachys::view::RenderHtml>::hydrate_async".to_owned(),
        ];
        for name in kept {
            assert!(!is_never_called(&name), "{name}");
        }
    }
}
