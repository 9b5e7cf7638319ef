// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title NoReturnToken
/// @notice A token of the old kind: it works, but its functions return nothing. Whoever decodes a bool from them reverts.
contract NoReturnToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @notice Thrown when a balance or an allowance is too small.
    error NoReturnToken_TooSmall(uint256 available, uint256 needed);

    /// @notice Mints to anybody.
    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    /// @notice Approves; like the token that made these famous, only from or to zero.
    function approve(address spender, uint256 amount) external {
        require(amount == 0 || allowance[msg.sender][spender] == 0, "not from zero");
        allowance[msg.sender][spender] = amount;
    }

    /// @notice Moves from the caller.
    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    /// @notice Moves from who approved the caller.
    function transferFrom(address from, address to, uint256 amount) external {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < amount) revert NoReturnToken_TooSmall(allowed, amount);
        allowance[from][msg.sender] = allowed - amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        if (balanceOf[from] < amount) revert NoReturnToken_TooSmall(balanceOf[from], amount);
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}
