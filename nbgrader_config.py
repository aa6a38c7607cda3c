"""nbgrader in this folder: its commands and the formgrader use the course's own grading engine.

`nbgrader autograde NAME` gives the same grades as `autograder grade NAME`, in the same gradebook.
For a class, the latter is much faster: one warm process serves all submissions.

An assignment without a folder in solutions/ goes through nbgrader's own chain: what is in
source/NAME/ is released, executed in a kernel and scored as in any course of nbgrader.
"""

from contextlib import suppress

c = get_config()  # noqa: F821  (nbgrader's loader defines it)

c.CourseDirectory.course_id = "keras-training"

# submitted/<student>/<assignment>/, autograded/..., feedback/... are nbgrader's defaults.
# Students get assignments/, which `autograder build` writes.
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.source_directory = "source"

# `autograder build` also writes source/, the instructor's notebooks, which the formgrader lists.
# `nbgrader generate_assignment` then makes the same notebook as the one in assignments/.
c.GenerateAssignment.preprocessors = [
    "autograder.desks.nbgrader_plugin.StudentNotebook",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.SaveCells",
    "autograder.desks.nbgrader_plugin.RemoveHiddenParts",
]

# These are strings so that commands that do not grade do not import the engine.
c.Autograde.pre_convert_hook = "autograder.desks.nbgrader_plugin.register_release"
c.Autograde.sanitize_preprocessors = [
    "autograder.desks.nbgrader_plugin.RestoreRelease",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.desks.nbgrader_plugin.WriteVerdicts",  # replaces Execute: no kernel is started
    "nbgrader.preprocessors.LimitOutput",
    "autograder.desks.nbgrader_plugin.SaveVerdicts",  # replaces SaveAutoGrades
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# `nbgrader generate_feedback` makes a page again where only a person's grades are newer.
c.GenerateFeedback.force = True
# Our page: one file without network. Other assignments of the course keep nbgrader's.
c.GenerateFeedback.exporter_class = "autograder.gradebook.feedback_page.FeedbackExporter"

# grades.csv: with the points of every exercise, of those who submitted, and safely quoted.
c.ExportApp.plugin_class = "autograder.gradebook.grades_csv.GradesCsv"

# On the formgrader's pages, a script in a student's Markdown would act as the instructor.
c.HTMLExporter.filters = {"markdown2html": "autograder.gradebook.safe_markdown.markdown2html"}

# `nbgrader validate` runs the whole notebook: importing TensorFlow and training take their time.
c.Execute.timeout = 600
c.Execute.iopub_timeout = 60

# A gradebook that cannot be opened (a wrong password, a missing driver, another version) gets a
# sentence that says what to do, from nbgrader's own commands and in the formgrader's log.
with suppress(ImportError):  # without the engine, what does not grade works all the same
    from autograder.gradebook.nbgrader_errors import explain_errors

    explain_errors()
