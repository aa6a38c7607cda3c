"""Names of the system calls that a confined child may not make, grouped by how each is answered.

`seccomp` turns the groups into a filter. The numbers are in `syscall_numbers`, which
scripts/syscall_table.py generates from the kernel's headers: run it after adding a name here.
"""

from __future__ import annotations

NEWEST = 470
"""The newest call of Linux that was considered for this list. Later ones are answered with ENOSYS,
as an older kernel would. Look through the new calls before you raise the number."""

REFUSED = (
    # other processes, and programs
    "fork",
    "vfork",
    "execve",
    "execveat",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "process_mrelease",
    "kcmp",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "tkill",
    "setpriority",
    "ioprio_set",
    "migrate_pages",
    "move_pages",
    "get_robust_list",
    # the network, and sockets with a name
    "socket",
    "accept",
    "accept4",
    "bind",
    "connect",
    "listen",
    "sendmsg",  # no limit counts files that travel in a message
    "sendmmsg",
    # memory that no limit counts, and messages between processes
    "memfd_create",
    "memfd_secret",
    "shmget",
    "shmat",
    "shmctl",
    "shmdt",
    "semget",
    "semop",
    "semctl",
    "semtimedop",
    "msgget",
    "msgsnd",
    "msgrcv",
    "msgctl",
    "mq_open",
    "mq_unlink",
    "mq_timedsend",
    "mq_timedreceive",
    "mq_notify",
    "mq_getsetattr",
    # ways around the checks of ordinary calls
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "io_setup",
    "io_submit",
    "io_destroy",
    "io_cancel",
    "io_getevents",
    "io_pgetevents",
    "open_by_handle_at",
    "name_to_handle_at",
    "personality",
    "seccomp",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
    "lsm_get_self_attr",
    "lsm_set_self_attr",
    "lsm_list_modules",
    # identity
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setfsuid",
    "setfsgid",
    "setgroups",
    "capset",
    "add_key",
    "request_key",
    "keyctl",
    # files as other processes see them; Landlock does not cover watching a folder
    "mount",
    "umount2",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "open_tree_attr",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "statmount",
    "listmount",
    "listns",
    "fanotify_init",
    "fanotify_mark",
    "inotify_init",
    "inotify_init1",
    "inotify_add_watch",
    "mknod",
    "mknodat",
    "file_setattr",
    "quotactl",
    "quotactl_fd",
    # the machine
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "reboot",
    "swapon",
    "swapoff",
    "acct",
    "syslog",
    "vhangup",
    "sethostname",
    "setdomainname",
    "settimeofday",
    "clock_settime",
    "adjtimex",
    "clock_adjtime",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "lookup_dcookie",
    "nfsservctl",
    "iopl",
    "ioperm",
    "modify_ldt",
    "uselib",
)
"""Answered with EPERM, whatever the arguments."""

PRETENDED = (
    "chmod",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "utime",
    "utimes",
    "utimensat",
    "futimesat",
    "setxattr",
    "lsetxattr",
    "fsetxattr",
    "removexattr",
    "lremovexattr",
    "fremovexattr",
    "setxattrat",
    "removexattrat",
    # the disk: what waits for it cannot be killed until it is done
    "sync",
    "syncfs",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "msync",
    "flock",
)
"""Answered with success, but not done: Landlock does not cover them, and honest code such as
`shutil.copy`, HDF5 (which locks its files) or SQLite does not expect them to fail."""

UNSUPPORTED = (
    "getxattr",
    "lgetxattr",
    "fgetxattr",
    "getxattrat",
    "listxattr",
    "llistxattr",
    "flistxattr",
    "listxattrat",
)
"""Answered with ENOTSUP, as by a file system without attributes. The kernel would let them read the
attributes of any path."""

OWN_PROCESS_ONLY = (
    "kill",
    "tgkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "prlimit64",
    "sched_setaffinity",
    "sched_setscheduler",
    "sched_setparam",
    "sched_setattr",
)
"""Refused unless the first argument is the caller's process id (or 0, for `ZERO_IS_SELF`)."""

ZERO_IS_SELF = (
    "prlimit64",
    "sched_setaffinity",
    "sched_setscheduler",
    "sched_setparam",
    "sched_setattr",
)
"""To these calls, process 0 is the caller; to the signal calls it is the process group."""

BY_ARGUMENT = (
    "clone",
    "clone3",
    "socketpair",
    "prctl",
    "ioctl",
    "fcntl",
    "close_range",
    "getsockopt",
    "setsockopt",
    "pwritev2",
    "truncate",
    "open",
    "openat",
    "openat2",
)
"""Allowed or refused by their arguments, or by the version of Landlock; see `seccomp`."""

EVERY_CALL = (*REFUSED, *PRETENDED, *UNSUPPORTED, *OWN_PROCESS_ONLY, *BY_ARGUMENT)

ONLY_X86_64 = frozenset(
    [
        *("fork", "vfork", "open", "mknod", "inotify_init", "uselib"),
        *("chmod", "chown", "lchown", "utime", "utimes", "futimesat"),
        *("iopl", "ioperm", "modify_ldt"),
    ]
)
"""Listed calls that aarch64 does not have."""
