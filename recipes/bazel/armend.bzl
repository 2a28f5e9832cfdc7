"""Static archives whose private symbols are their own."""

def _isolated_archive_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".a")
    arguments = ctx.actions.args()
    arguments.use_param_file("@%s", use_always = True)
    arguments.set_param_file_format("shell")
    arguments.add_all(["isolate", "--quiet", ctx.file.archive])
    arguments.add_all(ctx.attr.keep, before_each = "--keep")
    arguments.add("-o", output)
    ctx.actions.run(
        arguments = [arguments],
        executable = ctx.executable._armend,
        inputs = [ctx.file.archive],
        mnemonic = "ArmendIsolate",
        outputs = [output],
    )
    return [DefaultInfo(files = depset([output]))]

isolated_archive = rule(
    implementation = _isolated_archive_impl,
    attrs = {
        "archive": attr.label(allow_single_file = [".a"], mandatory = True),
        "keep": attr.string_list(mandatory = True),
        "_armend": attr.label(
            allow_single_file = True,
            cfg = "exec",
            default = "//tools:armend",
            executable = True,
        ),
    },
)
