"""nbgrader in this folder: its commands and the formgrader use the course's own grading engine.

`nbgrader autograde NAME` grades as `autograder grade NAME` does; the latter is much faster for a
class, because one warm process serves all submissions. Scores land in the same gradebook.
"""

c = get_config()  # noqa: F821  (nbgrader's loader defines it)

c.CourseDirectory.course_id = "keras-training"

# submitted/<student>/<assignment>/, autograded/..., feedback/... are nbgrader's defaults.
# Students get assignments/, which `autograder build` writes.
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.source_directory = "source"

# `autograder build` also writes source/, the instructor's notebooks, which the formgrader lists.
# `nbgrader generate_assignment` then makes the very notebook of assignments/ again.
c.GenerateAssignment.preprocessors = [
    "autograder.gradebook.preprocessors.StudentNotebook",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.SaveCells",
]

# Strings, so that commands that grade nothing do not import the engine.
c.Autograde.pre_convert_hook = "autograder.gradebook.preprocessors.register_release"
c.Autograde.sanitize_preprocessors = [
    "autograder.gradebook.preprocessors.RestoreRelease",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.gradebook.preprocessors.WriteVerdicts",  # in place of Execute: no kernel is started
    "nbgrader.preprocessors.LimitOutput",
    "autograder.gradebook.preprocessors.SaveVerdicts",  # in place of SaveAutoGrades
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
